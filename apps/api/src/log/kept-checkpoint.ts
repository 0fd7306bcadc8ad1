import { existsSync, readFileSync, renameSync } from 'node:fs';

import { writeDurable } from '../durable-file.ts';

/** Longer is no checkpoint of ours. */
const charactersMax = 4096;

/** The newest checkpoint, outside the database: whoever loses or exchanges that, does not lose this with it. */
export class KeptCheckpoint {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The note; null where none was kept yet. */
  read(): string | null {
    if (!existsSync(this.path)) return null;
    return readFileSync(this.path, 'utf8').slice(0, charactersMax);
  }

  /** Puts what is kept aside, as evidence, and keeps this in its place. */
  replace(note: string): void {
    if (existsSync(this.path)) renameSync(this.path, `${this.path}.replaced-${Date.now()}`);
    this.keep(note);
  }

  /** The note is on the disk when this returns. */
  keep(note: string): void {
    writeDurable(this.path, note);
  }
}
