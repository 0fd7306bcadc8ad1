import type { CatalogueData } from '@vestige/contract';
import * as fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';

import type { NewEvent } from '../entry.ts';
import type { Log } from '../log.ts';
import { fact, GuestStory, idOf } from '../testing/guest-story.ts';
import { isOnServer, openTestLog } from '../testing/test-log.ts';
import { wipeDecider } from '../wipe/decide.ts';
import { allViews } from './all.ts';

const clock = (): Date => new Date('2026-01-31T12:30:00.000Z');
const words = ['a', 'b', 'c'] as const;
const word = fc.constantFrom(...words);
const order = fc.constantFrom('order 1', 'order 2');
const result = fc.constantFrom('pass', 'fail', 'unknown');

type Step = (guest: GuestStory) => NewEvent;
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>((guest) => guest.found()),
  fc.constantFrom('before-agent-start', 'agent-down', 'queue-overflow').map(
    (reason): Step =>
      (guest) =>
        guest.gap(reason),
  ),
  fc.constant<Step>((guest) => guest.saw('agent.stopped', { reason: 'asked to' })),
  fc.constant<Step>((guest) =>
    guest.saw('agent.started', { version: '2', mode: 'observe', resumed: true }),
  ),
  word.map(
    (name): Step =>
      (guest) =>
        guest.discovered(name),
  ),
  word.map(
    (name): Step =>
      (guest) =>
        guest.read(name),
  ),
  word.map(
    (name): Step =>
      (guest) =>
        guest.unlinked(name),
  ),
  word.map(
    (name): Step =>
      (guest) =>
        guest.vanished(name),
  ),
  fc.tuple(word, order).map(
    ([name, of]): Step =>
      (guest) =>
        guest.delivered(of, name),
  ),
  fc.tuple(word, fc.option(order), result).map(
    ([name, of, how]): Step =>
      (guest) =>
        guest.wiped(name, of, how),
  ),
  fc.tuple(word, order).map(
    ([name, of]): Step =>
      (guest) =>
        guest.wipeFailed(name, of, 'refused'),
  ),
  fc.tuple(word, fc.constantFrom('declared', 'revised')).map(
    ([name, how]): Step =>
      () =>
        fact(`catalogue.${how}`, `catalogue-${idOf(name)}`, catalogued(name)),
  ),
  word.map(
    (name): Step =>
      () =>
        fact('catalogue.withdrawn', `catalogue-${idOf(name)}`, {}),
  ),
);

const catalogued = (name: string): CatalogueData => ({
  name,
  purpose: '',
  owner: '',
  classification: 'internal',
  escrow: 'no',
  policy: name === 'a' ? null : { allow: [], maxReads: 0, wipeAfterReads: 1, wipeAfterSeconds: 1 },
});

/** What happens to a fleet of two guests over three boots, in pieces as they might come in. */
const history = fc.array(fc.array(fc.tuple(fc.nat({ max: 5 }), step), { maxLength: 8 }), {
  maxLength: 6,
});

async function rows(dataSource: DataSource): Promise<Record<string, unknown[]>> {
  const tables = await Promise.all(
    allViews.map(async ({ name, entity }) => {
      const found = await dataSource.getRepository(entity).find();
      return [name, found.map((row) => JSON.stringify(row)).toSorted()] as const;
    }),
  );
  return Object.fromEntries(tables);
}

async function live(
  log: Log,
  pieces: readonly (readonly (readonly [number, Step])[])[],
): Promise<void> {
  const stories = [0, 1, 2].flatMap((boot) =>
    ['guest 1', 'guest 2'].map((guest) => new GuestStory(guest, `boot ${boot}`)),
  );
  await log.store.append([
    fact('enrolment-token.issued', 'service', {
      token: 'token',
      uses: 5,
      expiresAt: '2026-02-01T00:00:00Z',
      labels: {},
    }),
    ...stories.slice(0, 2).flatMap((story) => [story.enrolled({ env: 'test' }), story.booted()]),
  ]);
  for (const [index, piece] of pieces.entries()) {
    await log.store.append(piece.map(([story, what]) => what(stories[story]!)));
    if (index === 1) await log.store.append([stories[2]!.booted()]);
    if (index < 2) {
      const targets = words.map((name) => stories[index]!.target(name));
      const command = {
        type: 'Request',
        now: clock().toISOString(),
        reason: 'test',
        ticket: null,
        executeBefore: null,
        targets,
      } as const;
      await log.store.decide(wipeDecider, `wipe-${idOf(`order ${index + 1}`)}`, command, {
        actor: { kind: 'service' },
      });
    }
  }
}

describe('views', () => {
  it(
    'are the same when rebuilt as when lived, however the log came in',
    { timeout: 120_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(history, async (pieces) => {
          const log = await openTestLog({ clock });
          await live(log, pieces);
          await log.followers.settled();
          const lived = await rows(log.dataSource);
          for (const { name } of allViews) await log.followers.rebuild(name);
          expect(await rows(log.dataSource)).toEqual(lived);

          const copy = await openTestLog({ clock });
          const events = await log.store.read(0, 1000);
          await copy.store.append(
            events.map(({ event: { v: _v, recorded: _recorded, ...event } }) => event as NewEvent),
          );
          await copy.followers.settled();
          expect(await rows(copy.dataSource)).toEqual(lived);
          await Promise.all([log.close(), copy.close()]);
        }),
        { numRuns: isOnServer() ? 6 : 25 },
      );
    },
  );
});
