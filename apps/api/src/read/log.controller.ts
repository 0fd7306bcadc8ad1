import { Controller } from '@nestjs/common';
import { endpoints, type HandlerInput } from '@vestige/contract';
import {
  consistencyTiles,
  encodeBundle,
  formatProof,
  inclusionTiles,
  loadTiles,
  parseBundlePath,
  parseTilePath,
  proveConsistency,
  proveInclusion,
  type ReadTile,
  tileWidth,
  tileWidthMax,
  type TileId,
  TlogError,
} from '@vestige/tlog';

import { Endpoint, Input } from '../http/endpoint.decorator.ts';
import { keysInLog } from '../log/compare.ts';
import { EventLog } from '../log/event-log.ts';
import { LogGuard } from '../log/log-guard.ts';
import { Refusal } from '../problem.ts';

const hashBytes = 32;

/** The log as an auditor's programs read it: C2SP tlog-tiles and tlog-proof under `/v1/log`. */
@Controller()
export class LogController {
  constructor(
    private readonly log: EventLog,
    private readonly guard: LogGuard,
  ) {}

  @Endpoint(endpoints.logCheckpoint)
  checkpoint(): string {
    return this.published().note;
  }

  @Endpoint(endpoints.logTile)
  async tile(@Input() { params }: HandlerInput<typeof endpoints.logTile>): Promise<Uint8Array> {
    const path = `tile/${params.path}`;
    if (params.path.startsWith('entries/')) return this.bundle(parsed(parseBundlePath, path));
    const { level, n, width } = parsed(parseTilePath, path);
    if (width > tileWidth(level, n, this.published().size)) throw beyond();
    const hashes = await this.log.tree.tile(level, n);
    if (hashes === null) throw beyond();
    return hashes.subarray(0, width * hashBytes);
  }

  @Endpoint(endpoints.logEntry)
  async entry(@Input() { params }: HandlerInput<typeof endpoints.logEntry>): Promise<Uint8Array> {
    const entry = await this.log.store.entry(params.position);
    if (entry === null) throw beyond();
    return entry;
  }

  @Endpoint(endpoints.logProof)
  async proof(@Input() { params }: HandlerInput<typeof endpoints.logProof>): Promise<string> {
    const { size, note } = this.published();
    const { position: index } = params;
    if (index >= size)
      throw new Refusal('not-found', `The newest checkpoint covers the positions before ${size}.`);
    const hashes = proveInclusion(index, size, await this.tiles(inclusionTiles(index, size)));
    return formatProof({ index, hashes, checkpoint: note });
  }

  @Endpoint(endpoints.logConsistency)
  async consistency(
    @Input() { query }: HandlerInput<typeof endpoints.logConsistency>,
  ): Promise<string> {
    const { from, to } = query;
    const { size } = this.published();
    if (from > to) throw new Refusal('invalid-request', 'from must not be larger than to.');
    if (to > size) throw new Refusal('not-found', `The newest checkpoint covers ${size} entries.`);
    const hashes = proveConsistency(from, to, await this.tiles(consistencyTiles(from, to)));
    return hashes.map((hash) => `${Buffer.from(hash).toString('base64')}\n`).join('');
  }

  @Endpoint(endpoints.logKey)
  async key(): Promise<string> {
    const { all } = await keysInLog({ dataSource: this.log.views });
    return all.map((key) => `${key}\n`).join('');
  }

  private published() {
    const { published } = this.guard;
    if (published === null) throw new Refusal('not-found', 'No checkpoint has been signed yet.');
    return published;
  }

  private async bundle({ n, width }: { n: number; width: number }): Promise<Uint8Array> {
    if (width > tileWidth(0, n, this.published().size)) throw beyond();
    return encodeBundle(await this.log.store.entries(n * tileWidthMax, width));
  }

  private tiles(wanted: readonly TileId[]): Promise<ReadTile> {
    return loadTiles(wanted, ({ level, n }) => this.log.tree.tile(level, n));
  }
}

const beyond = () => new Refusal('not-found', 'The log does not reach so far.');

function parsed<T>(parse: (path: string) => T, path: string): T {
  try {
    return parse(path);
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    throw new Refusal('not-found', 'This is not how C2SP tlog-tiles names a tile.');
  }
}
