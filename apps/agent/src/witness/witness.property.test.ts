import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { logConsistency, UnreachableError } from '@vestige/contract';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { LogDouble } from '../testing/log-double.ts';
import type { ServiceLink } from '../uplink/service-link.ts';
import { Check } from './check.ts';
import type { Conflict } from './conflicts.ts';
import { WitnessFile } from './witness-file.ts';

/** Each checkpoint is synced to the disk. */
const historiesMax = 30;

let directory: string;
let histories = 0;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vestige-witness-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

/** A witness and the service before it, without the network between. */
class Scene {
  log = new LogDouble().grow(1);
  /** Who answers for proofs, where that is not the log that is shown. */
  prover: LogDouble | null = null;
  isAway = false;
  readonly recorded: Conflict[] = [];
  readonly #path = join(directory, `${(histories += 1)}.json`);
  #file: WitnessFile | null = null;

  get file(): WitnessFile {
    if (this.#file === null) throw new Error('restart first');
    return this.#file;
  }

  get keptSize(): number {
    return Number(this.file.state.kept?.split('\n')[1] ?? 0);
  }

  async restart(): Promise<void> {
    this.#file = await WitnessFile.open(this.#path, null);
  }

  /** Until there is a verdict. */
  async show(note: string): Promise<void> {
    const { file, recorded } = this;
    const link = { call: this.#call };
    const record = async (conflict: Conflict): Promise<void> => void recorded.push(conflict);
    const check = new Check({ link, file, record, log: () => {} }, new AbortController().signal);
    await check.run(note).catch(async () => {
      this.isAway = false;
      await check.run(note);
    });
  }

  /** What the compiler cannot see: both endpoints that the witness calls answer a text. */
  readonly #call = (async (endpoint: object, input: { query?: { from: number; to: number } }) => {
    if (this.isAway) throw new UnreachableError('told to be away');
    const { from = 0, to = 0 } = input.query ?? {};
    const prover = this.prover ?? this.log;
    if (endpoint !== logConsistency) return prover.listed.join('\n');
    return to > prover.size ? 'no such size' : prover.proof(from, to);
  }) as unknown as ServiceLink['call'];
}

type Step =
  | { readonly kind: 'grow'; readonly count: number }
  | { readonly kind: 'lag'; readonly part: number }
  | { readonly kind: 'rotate' | 'retire' | 'restart' | 'away' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('grow' as const), count: fc.integer({ min: 1, max: 600 }) }),
  fc.record({
    kind: fc.constant('lag' as const),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.record({ kind: fc.constantFrom('rotate', 'retire', 'restart', 'away') }),
);

/** What an honest service and its surroundings may do between two checkpoints. */
async function take(scene: Scene, { kind, ...more }: Step): Promise<void> {
  const { log } = scene;
  if ('count' in more) log.grow(more.count);
  if ('part' in more) await scene.show(log.checkpoint(1 + Math.floor(more.part * (log.size - 1))));
  if (kind === 'rotate') log.rotate();
  if (kind === 'rotate') await scene.show(log.checkpoint());
  if (kind === 'retire') log.signers = log.signers.slice(0, 1);
  if (kind === 'restart') await scene.restart();
  scene.isAway = kind === 'away';
}

async function live(scene: Scene, steps: readonly Step[]): Promise<void> {
  await scene.restart();
  await scene.show(scene.log.checkpoint());
  for (const next of steps) {
    await take(scene, next);
    await scene.show(scene.log.checkpoint());
  }
}

const history = fc.array(step, { maxLength: 6 });

describe('the witness over any history', { timeout: 60_000 }, () => {
  it('never accuses an honest log, and ends at its newest checkpoint', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const scene = new Scene();
        await live(scene, steps);
        expect(scene.file.state.conflicts.count).toBe(0);
        expect(scene.keptSize).toBe(scene.log.size);
      }),
      { numRuns: historiesMax },
    );
  });

  it('always accuses a log in which an entry was changed, whoever answers for it', async () => {
    const tampered = fc.record({
      steps: history,
      changedAt: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      length: fc.integer({ min: 1, max: 600 }),
      prover: fc.constantFrom('fork', 'log', 'fork-of-same-size'),
    });
    await fc.assert(
      fc.asyncProperty(tampered, async ({ steps, changedAt, length, prover }) => {
        const scene = new Scene();
        await live(scene, steps);
        const { log } = scene;
        const size = Math.floor(changedAt * log.size);
        const fork = log.fork(size).grow(length);
        if (prover === 'log') scene.prover = log;
        if (prover === 'fork-of-same-size') scene.prover = fork.fork(fork.size).grow(log.size);
        scene.log = fork;
        const [kept, seen] = [log.checkpoint(), fork.checkpoint()];
        await scene.show(seen);
        expect(scene.recorded).toMatchObject([{ reason: 'inconsistent', seen }]);
        expect(scene.recorded[0]?.kept?.split('\n', 3)).toStrictEqual(kept.split('\n', 3));
        await scene.restart();
        await scene.show(kept);
        await scene.show(seen);
        expect(scene.recorded.filter((conflict) => conflict.seen === seen)).toHaveLength(1);
      }),
      { numRuns: historiesMax },
    );
  });
});
