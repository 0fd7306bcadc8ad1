import type { Event } from '@vestige/contract';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type Decider, Refusal } from '../decider.ts';
import type { NewEvent } from '../entry.ts';
import { fact, idOf } from '../testing/guest-story.ts';
import { followTail } from './follow-tail.ts';
import type { Appended, EventStore } from './store.ts';

const closed = (id: string, stream = 'service'): NewEvent =>
  fact('service.stopped', stream, {}, id);
const sized = (length: number): NewEvent =>
  fact('service.started', 'service', { version: 'x'.repeat(length), demo: false }, idOf('sized'));
const anyId = fc.integer({ min: 0, max: 40 }).map((n) => idOf(String(n)));

/** Says no from the third on, and says how many there were. */
const counter: Decider<number, 'Count' | 'Nothing'> = {
  initial: 0,
  decide(command, state) {
    if (command === 'Nothing') return [];
    if (state >= 2) throw new Refusal('wipe-completed', 'No more than two.');
    return [{ type: 'wipe.released', data: { approvals: state } }];
  },
  evolve: (state) => state + 1,
};
const context = { actor: { kind: 'service' } } as const;
const stream = `wipe-${idOf('order')}`;

/** What every store promises, whatever it stores in. */
export function storeBehaviour(
  name: string,
  open: (clock?: () => Date) => Promise<EventStore>,
): void {
  let store: EventStore;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(async () => {
    await store.close();
  });

  const all = async (): Promise<Event[]> => (await store.read(0, 10_000)).map(({ event }) => event);

  describe(`${name}: facts`, () => {
    it('gives dense positions from zero on', async () => {
      const appended = await store.append([closed(idOf('a')), closed(idOf('b'))]);
      expect(appended).toEqual([
        { position: 0, isNew: true },
        { position: 1, isNew: true },
      ]);
      expect(await store.size()).toBe(2);
      expect((await store.read(0, 10)).map(({ position }) => position)).toEqual([0, 1]);
    });

    it('answers a known id with its old position, within a batch too', async () => {
      await store.append([closed(idOf('a'))]);
      const again = await store.append([closed(idOf('b')), closed(idOf('a')), closed(idOf('b'))]);
      expect(again).toEqual([
        { position: 1, isNew: true },
        { position: 0, isNew: false },
        { position: 1, isNew: false },
      ]);
      expect(await store.size()).toBe(2);
    });

    it('keeps positions dense and ids unique over concurrent overlapping batches', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(anyId, { maxLength: 6 }), { maxLength: 12 }),
          async (batches) => {
            await using fresh = await disposable(open);
            const answers = await Promise.all(
              batches.map((ids) => fresh.store.append(ids.map((id) => closed(id)))),
            );
            const read = await fresh.store.read(0, 1000);
            const distinct = new Set(batches.flat());
            expect(read.map(({ position }) => position)).toEqual(
              [...distinct.keys()].map((_, i) => i),
            );
            for (const [index, ids] of batches.entries())
              for (const [place, id] of ids.entries())
                expect(read[answers[index]![place]!.position]!.event.id).toBe(id);
            expect(answers.flat().filter(({ isNew }) => isNew).length).toBe(distinct.size);
          },
        ),
        { numRuns: 40 },
      );
    });

    it('refuses an entry of more than 65,535 bytes, and keeps nothing of its batch', async () => {
      const long = fact('service.started', 'service', { version: 'x'.repeat(65_535), demo: false });
      const neighbour = store.append([closed(idOf('c'))]);
      await expect(store.append([closed(idOf('a')), long])).rejects.toMatchObject({
        code: 'entry-too-large',
      });
      await expect(neighbour).resolves.toEqual([{ position: 0, isNew: true }]);
      expect(await store.size()).toBe(1);
    });

    it('takes an entry of exactly 65,535 bytes', async () => {
      await using probe = await disposable(open);
      await probe.store.append([sized(0)]);
      const overhead = (await probe.store.entry(0))!.length;
      await store.append([sized(65_535 - overhead)]);
      expect((await store.entry(0))!.length).toBe(65_535);
    });

    it('says with which id an event is where', async () => {
      await store.append([closed(idOf('a')), closed(idOf('b'))]);
      expect(await store.positionOf(idOf('b'))).toBe(1);
      expect(await store.positionOf(idOf('c'))).toBeNull();
    });
  });

  describe(`${name}: entries`, () => {
    it('keeps the exact canonical bytes', async () => {
      await store.append([closed(idOf('a'))]);
      const entry = Buffer.from((await store.entry(0))!).toString('utf8');
      const event = (await all())[0]!;
      expect(JSON.parse(entry)).toEqual(event);
      expect(entry).toMatch(/^\{"actor":\{"kind":"service"\},"at":"[^"]+","data":\{\},"id":/);
      expect(event).toMatchObject({ v: 1, type: 'service.stopped', stream: 'service' });
      expect(Number.isNaN(Date.parse(event.recorded))).toBe(false);
    });

    it('has no entry beyond its end', async () => {
      expect(await store.entry(0)).toBeNull();
      expect(await store.entries(0, 10)).toEqual([]);
    });

    it('gives the exact bytes of consecutive entries, up to a limit or its end', async () => {
      await store.append(['a', 'b', 'c', 'd'].map((word) => closed(idOf(word))));
      const bytes = await Promise.all([1, 2].map((position) => store.entry(position)));
      const entries = await store.entries(1, 2);
      expect(entries.map((entry) => Buffer.from(entry))).toEqual(
        bytes.map((entry) => Buffer.from(entry!)),
      );
      expect(await store.entries(1, 10)).toHaveLength(3);
    });

    it('reads one stream, from a position, up to a limit', async () => {
      await store.append(
        ['a', 'b', 'c', 'd'].map((id, n) => closed(idOf(id), n % 2 ? stream : 'service')),
      );
      const positions = async (from: number, limit: number, of?: string): Promise<number[]> =>
        (await store.read(from, limit, of)).map(({ position }) => position);
      expect(await positions(0, 10, stream)).toEqual([1, 3]);
      expect(await positions(2, 10, stream)).toEqual([3]);
      expect(await positions(0, 1, stream)).toEqual([1]);
      expect(await positions(1, 2)).toEqual([1, 2]);
    });
  });

  describe(`${name}: decisions`, () => {
    it('decides on what the stream says', async () => {
      await store.append([closed(idOf('elsewhere'))]);
      await store.decide(counter, stream, 'Count', context);
      await store.decide(counter, stream, 'Count', { ...context, at: '2026-01-31T12:00:00.000Z' });
      expect((await all()).map(({ data }) => data)).toEqual([
        {},
        { approvals: 0 },
        { approvals: 1 },
      ]);
      await expect(store.decide(counter, stream, 'Count', context)).rejects.toBeInstanceOf(Refusal);
    });

    it('appends nothing where nothing is decided', async () => {
      expect(await store.decide(counter, stream, 'Nothing', context)).toEqual([]);
      expect(await store.size()).toBe(0);
    });

    it('lets no more through than the rule allows when decisions race', async () => {
      const race = Array.from({ length: 8 }, () => store.decide(counter, stream, 'Count', context));
      const outcomes = await Promise.allSettled(race);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
      expect((await all()).map(({ data }) => data)).toEqual([{ approvals: 0 }, { approvals: 1 }]);
    });

    it('decides again when a fact comes into its stream meanwhile', async () => {
      const waiting = store.append([closed(idOf('a'), stream)]);
      const decision = store.decide(counter, stream, 'Count', context);
      const [fact0] = await waiting;
      await decision;
      const approvals = (await all()).flatMap(({ data }) =>
        'approvals' in data ? [data.approvals] : [],
      );
      expect(approvals).toEqual([fact0!.position === 0 ? 1 : 0]);
    });

    it('never fails facts that wait beside a decision that is refused', async () => {
      await store.decide(counter, stream, 'Count', context);
      await store.decide(counter, stream, 'Count', context);
      const facts = ['a', 'b', 'c'].map((id) => store.append([closed(idOf(id))]));
      await expect(store.decide(counter, stream, 'Count', context)).rejects.toBeInstanceOf(Refusal);
      expect((await Promise.all(facts)).flat().map(({ position }) => position)).toEqual([2, 3, 4]);
    });
  });

  describe(`${name}: many at once`, () => {
    it('shows a reader who follows every position once, in order, while 12 write', async () => {
      const tail = followTail(store);
      const acknowledged = (await Promise.all(range(12).map((n) => writeMuch(store, n)))).flat();
      const seen = await tail.stopAt(await store.size());
      expect(seen.map(({ position }) => position)).toEqual(range(await store.size()));
      expect(new Set(seen.map(({ event }) => event.id)).size).toBe(seen.length);
      for (const [id, { position }] of acknowledged) expect(seen[position]!.event.id).toBe(id);
      expect(acknowledged.filter(([, { isNew }]) => isNew).length).toBeLessThanOrEqual(seen.length);
    });

    it('gives ascending positions though the clock jumps backwards', async () => {
      const times = ['2026-01-31T12:00:00.000Z', '2026-01-31T11:00:00.000Z'];
      await using jumping = await disposable(() => open(() => new Date(times.shift()!)));
      await jumping.store.append([closed(idOf('a'))]);
      await jumping.store.append([closed(idOf('b'))]);
      const read = await jumping.store.read(0, 10);
      expect(read.map(({ position, event }) => [position, event.id, event.recorded])).toEqual([
        [0, idOf('a'), '2026-01-31T12:00:00.000Z'],
        [1, idOf('b'), '2026-01-31T11:00:00.000Z'],
      ]);
    });
  });

  describe(`${name}: growth`, () => {
    it('tells the new size after the commit, and nothing where nothing was new', async () => {
      const sizes: number[] = [];
      store.grew.subscribe((size) => sizes.push(size));
      await store.append([closed(idOf('a')), closed(idOf('b'))]);
      await store.append([closed(idOf('a'))]);
      await store.decide(counter, stream, 'Count', context);
      expect(sizes).toEqual([2, 3]);
    });

    it('settles what waits before it closes, and takes nothing afterwards', async () => {
      const waiting = store.append([closed(idOf('a'))]);
      await store.close();
      await expect(waiting).resolves.toHaveLength(1);
      await expect(store.append([closed(idOf('b'))])).rejects.toMatchObject({ code: 'closed' });
    });
  });
}

const range = (length: number): number[] => Array.from({ length }, (_, n) => n);

/** Batches that overlap with those of other writers, and decisions between them; answers what it was told. */
async function writeMuch(store: EventStore, writer: number): Promise<[string, Appended][]> {
  const told: [string, Appended][] = [];
  for (const round of range(15)) {
    const ids = range(1 + ((writer + round) % 7)).map((n) => idOf(`${round} ${(writer % 3) + n}`));
    const appended = await store.append(ids.map((id) => closed(id)));
    told.push(...appended.map((one, n): [string, Appended] => [ids[n]!, one]));
    if (round % 5 === 0) await store.decide(counter, stream, 'Count', context).catch(refused);
  }
  return told;
}

function refused(error: unknown): void {
  if (!(error instanceof Refusal)) throw error;
}

async function disposable(open: () => Promise<EventStore>) {
  const store = await open();
  return { store, [Symbol.asyncDispose]: () => store.close() };
}
