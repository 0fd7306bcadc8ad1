import { Controller } from '@nestjs/common';
import { endpoints, type HandlerInput } from '@vestige/contract';
import {
  archiveMembers,
  archivePath,
  encodeBundle,
  tileWidthMax,
  type ArchiveMember,
} from '@vestige/tlog';
import { pack, type Pack } from 'tar-stream';

import { actorOf, type Person } from '../http/caller.ts';
import { By, Endpoint, Input } from '../http/endpoint.decorator.ts';
import { EventLog } from '../log/event-log.ts';
import { LogGuard } from '../log/log-guard.ts';
import { Refusal } from '../problem.ts';

const hashBytes = 32;

/** Bundles of the log that verify offline. Each member is read when the one before has been taken: a slow reader costs no memory. */
@Controller()
export class LogExportController {
  constructor(
    private readonly log: EventLog,
    private readonly guard: LogGuard,
  ) {}

  /** That somebody took the log is in the log before he has a byte of it. */
  @Endpoint(endpoints.exportLog)
  async export(
    @Input() { query }: HandlerInput<typeof endpoints.exportLog>,
    @By() person: Person,
  ): Promise<AsyncIterable<Uint8Array>> {
    const newest = this.guard.published?.size ?? 0;
    const from = Math.floor(query.from / tileWidthMax) * tileWidthMax;
    const to = query.to ?? newest;
    if (to > newest || query.from >= to)
      throw new Refusal(
        'not-found',
        `from must be before to, and the newest checkpoint covers the positions before ${newest}.`,
      );
    const note = await this.guard.signedAt(to);
    await this.log.record('log.exported', 'service', actorOf(person), { from, to });
    const archive = pack();
    void this.write(archive, { from, to, note }).catch((error: Error) => archive.destroy(error));
    return archive;
  }

  private async write(
    archive: Pack,
    { from, to, note }: { from: number; to: number; note: string },
  ): Promise<void> {
    for (const member of archiveMembers(from, to)) {
      if (archive.destroyed) return;
      const content = member.kind === 'checkpoint' ? Buffer.from(note) : await this.content(member);
      await added(archive, archivePath(member), content);
    }
    archive.finalize();
  }

  private async content(member: Exclude<ArchiveMember, { kind: 'checkpoint' }>): Promise<Buffer> {
    const { n, width } = member;
    if (member.kind === 'entries')
      return Buffer.from(encodeBundle(await this.log.store.entries(n * tileWidthMax, width)));
    const hashes = await this.log.tree.tile(member.level, n);
    if (hashes === null) throw new Error('a tile of the log is missing');
    return Buffer.from(hashes.subarray(0, width * hashBytes));
  }
}

/** Settles when the reader has taken it. */
function added(archive: Pack, name: string, content: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    archive.entry({ name, mode: 0o444 }, content, (error) => (error ? reject(error) : resolve()));
  });
}
