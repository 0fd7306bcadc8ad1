import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Config } from '../config.ts';
import { Refusal } from '../problem.ts';
import { digest, newSecret } from './digest.ts';
import { SetUpLinks } from './tables.ts';

const validMs = 30 * 60_000;

/** The one-time link with which the first person makes an account. */
@Injectable()
export class SetUpLink {
  constructor(
    private readonly access: DataSource,
    private readonly config: Config,
  ) {}

  /** Makes a new link, which ends an older one, and writes it where only the service's user reads it. */
  async renew(): Promise<string> {
    const token = newSecret();
    await this.table.delete({ id: 1 });
    await this.table.insert({ id: 1, hash: digest(token), expiresAt: Date.now() + validMs });
    const link = new URL(`/set-up#${token}`, this.config.publicUrl).href;
    await rm(this.file, { force: true });
    await writeFile(this.file, `${link}\n`, { mode: 0o600 });
    return link;
  }

  /** Uses the link up. The delete decides between two who come at once. */
  async take(token: string): Promise<void> {
    const hash = digest(token);
    const row = await this.table.findOneBy({ hash });
    if (row === null)
      throw new Refusal('link-unknown', 'Open the newest link that the service printed.');
    if (row.expiresAt <= Date.now())
      throw new Refusal('link-expired', 'Restart the service: it prints a new link.');
    const { affected } = await this.table.delete({ hash });
    if (affected !== 1) throw new Refusal('link-unknown', 'This link has just been used.');
    await rm(this.file, { force: true });
  }

  private get table() {
    return this.access.getRepository(SetUpLinks);
  }

  private get file(): string {
    return join(this.config.dataDir, 'set-up-link');
  }
}
