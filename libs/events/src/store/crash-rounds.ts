import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build } from 'vite';

import type { EventStore } from './store.ts';

const killMsMax = 80;
const acknowledgedMax = 400;
const pageEvents = 1000;

/** The writer as a program of one file, which starts in a moment. */
export interface CrashWriter {
  readonly directory: string;
  readonly program: string;
  remove(): void;
}

export async function buildCrashWriter(): Promise<CrashWriter> {
  const directory = mkdtempSync(join(tmpdir(), 'vestige-crash-'));
  // Native code and what is CommonJS stay where they are.
  const external = ['better-sqlite3', 'pg'];
  await build({
    configFile: false,
    logLevel: 'silent',
    ssr: { noExternal: true, resolve: { conditions: ['source'] } },
    build: {
      ssr: join(import.meta.dirname, 'crash-writer.ts'),
      outDir: directory,
      target: 'node20',
      rolldownOptions: {
        external,
        output: {
          entryFileNames: 'writer.mjs',
          paths: Object.fromEntries(external.map((name) => [name, import.meta.resolve(name)])),
        },
      },
    },
  });
  return {
    directory,
    program: join(directory, 'writer.mjs'),
    remove: () => rmSync(directory, { recursive: true }),
  };
}

/**
 * Lets the writer append to the target until it is killed: at a random moment, or after a random number of acknowledgements. Answers what it acknowledged, each line a position and an id.
 */
export async function killedWriter(
  { program }: CrashWriter,
  target: string,
  round: number,
): Promise<string[]> {
  const child = spawn(process.execPath, [program, target, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  // A third is killed at any moment from before the log is open on.
  const isTimed = round % 3 === 0;
  const enough = isTimed ? Infinity : 1 + Math.floor(Math.random() * acknowledgedMax);
  let text = '';
  let count = -1;
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    if (text === '' && isTimed) setTimeout(kill, Math.random() * killMsMax);
    text += chunk;
    count += chunk.split('\n').length - 1;
    if (count >= enough) kill();
  });
  const [, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (...how) => resolve(how));
  });
  if (signal !== 'SIGKILL') throw new Error('The writer ended by itself.');
  // The last line may be cut.
  return text.split('\n').slice(1, -1);
}

/** Holds a log that was opened again and again to what its writers acknowledged; each entry is looked at once. */
export class Witness {
  readonly #ids = new Set<string>();
  acknowledged = 0;

  get size(): number {
    return this.#ids.size;
  }

  /** Reads what is new, and answers which acknowledged lines are not there. */
  async missing(store: EventStore, acknowledged: readonly string[]): Promise<string[]> {
    const lines = new Set<string>();
    for (;;) {
      const page = await store.read(this.size, pageEvents);
      if (page.length === 0) break;
      for (const { position, event } of page) {
        if (position !== this.size || this.#ids.has(event.id))
          throw new Error(`After ${this.size} entries comes ${event.id} at ${position}.`);
        lines.add(`${position} ${event.id}`);
        this.#ids.add(event.id);
      }
    }
    this.acknowledged += acknowledged.length;
    return acknowledged.filter((line) => !lines.has(line));
  }
}
