import 'reflect-metadata';
import { randomUUID } from 'node:crypto';

import { Logger } from '@nestjs/common';
import { findGuest, openLog, type Log, type NewEvent } from '@vestige/events';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { JoinStates } from '../access/join-states.ts';
import { accessStore } from '../access/store.ts';
import { EventLog } from '../log/event-log.ts';
import { KeptCheckpoint } from '../log/kept-checkpoint.ts';
import { LogGuard } from '../log/log-guard.ts';
import { Refusal } from '../problem.ts';
import { GuestModel, type Heard, type Said } from '../testing/guest-model.ts';
import { IdentityCheck } from './identity-check.ts';
import { Ingest } from './ingest.ts';
import { Quarantine } from './quarantine.ts';

let log: Log;
beforeAll(async () => {
  Logger.overrideLogger(false);
  log = await openLog({ file: ':memory:', ...accessStore });
});
afterAll(() => log.close());

/** Where the service dies while it serves a request. */
const crash = fc.constantFrom('none', 'none', 'before append', 'after append', 'after replacement');
type Crash = 'none' | 'before append' | 'after append' | 'after replacement';

type Schedule = Pick<fc.Scheduler, 'scheduleFunction' | 'waitFor'>;

/** A replica of the service, of which every step at the database takes its turn when the schedule lets it. */
class Replica {
  crash: Crash = 'none';
  private readonly ingest: Ingest;

  constructor(schedule: Schedule) {
    const events = new EventLog(log);
    const states = new JoinStates(log.dataSource);
    const append = schedule.scheduleFunction(events.append.bind(events));
    const advance = schedule.scheduleFunction(states.advance.bind(states));
    states.find = schedule.scheduleFunction(states.find.bind(states));
    events.append = async (facts) => {
      this.dieAt('before append');
      const appended = await append(facts);
      this.dieAt('after append');
      return appended;
    };
    states.advance = async (row) => {
      const advanced = await advance(row);
      this.dieAt('after replacement');
      return advanced;
    };
    const check = new IdentityCheck(states, new Quarantine(new EventLog(log), states));
    this.ingest = new Ingest(events, new LogGuard(new KeptCheckpoint('none')), check);
  }

  async serve(guest: string, said: Said): Promise<Heard> {
    try {
      return await this.ingest.observe(guest, said);
    } catch (error) {
      const refusals = ['quarantined', 'sequence-conflict'];
      return error instanceof Refusal && refusals.includes(error.code) ? 'refused' : 'nothing';
    }
  }

  private dieAt(point: Crash): void {
    if (this.crash === point) throw new Error('the replica died');
  }
}

/** Everything that can be done at once, one after the other. */
const inOrder: Schedule = {
  scheduleFunction: (work) => work as ReturnType<Schedule['scheduleFunction']> as never,
  waitFor: (promise) => promise,
};

async function enrolled(): Promise<string> {
  const guest = randomUUID();
  const fact: NewEvent = {
    id: randomUUID(),
    type: 'guest.enrolled',
    stream: `guest-${guest}`,
    at: '2026-01-01T00:00:00.000Z',
    actor: { kind: 'guest', id: guest },
    guest,
    data: { name: 'g', labels: {}, publicKey: 'k', enrolmentToken: 't', agentVersion: '1' },
  };
  await log.store.append([fact]);
  return guest;
}

async function isQuarantined(guest: string): Promise<boolean> {
  await log.followers.settled();
  return (await findGuest(log.dataSource, guest))?.quarantined ?? false;
}

/** Something that a guest says, what becomes of it, and what comes late or twice beside it. */
const turn = fc.record({
  before: fc.constantFrom('nothing', 'record', 'record', 'reboot'),
  replica: fc.nat({ max: 1 }),
  crash,
  answer: fc.constantFrom('heard', 'heard', 'lost', 'heard, then dies'),
  /** How far back the requests were sent that arrive now, and where. */
  late: fc.array(fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 1 })), { maxLength: 2 }),
  restarts: fc.boolean(),
});
type Turn = typeof turn extends fc.Arbitrary<infer T> ? T : never;

/** One guest, and who else acts under its identity, before two replicas. */
class World {
  readonly guest: string;
  private readonly schedule: Schedule;
  private readonly replicas: [Replica, Replica];
  private readonly sent: Said[] = [];

  private constructor(guest: string, schedule: Schedule) {
    this.guest = guest;
    this.schedule = schedule;
    this.replicas = [new Replica(schedule), new Replica(schedule)];
  }

  static async open(schedule: Schedule = inOrder): Promise<World> {
    return new World(await enrolled(), schedule);
  }

  async play(model: GuestModel, turns: readonly Turn[]): Promise<void> {
    for (const one of turns) await this.take(model, one);
  }

  /** Says all that is left, or until it is refused; answers come. */
  async drain(model: GuestModel): Promise<void> {
    for (let said = model.next(); said !== null; said = model.next()) {
      model.hear(said, await this.schedule.waitFor(this.replicas[0].serve(this.guest, said)));
      if (model.isRefused) return;
    }
  }

  /** The next batch of each, at two replicas at once. */
  async sayAtOnce(...models: readonly GuestModel[]): Promise<void> {
    const saying = models.map(async (model, index) => {
      const said = model.next();
      if (said !== null) model.hear(said, await this.replicas[index]!.serve(this.guest, said));
    });
    await this.schedule.waitFor(Promise.all(saying));
  }

  private async take(model: GuestModel, one: Turn): Promise<void> {
    if (one.before === 'record') model.record();
    if (one.before === 'reboot') model.reboot();
    if (one.restarts) this.replicas[one.replica] = new Replica(this.schedule);
    const said = model.next();
    if (said === null) return;
    const replica = this.replicas[one.replica]!;
    replica.crash = one.crash;
    const late = one.late.flatMap(([back, at]) => {
      const again = this.sent.at(-1 - back);
      return again === undefined ? [] : [this.replicas[at]!.serve(this.guest, again)];
    });
    this.sent.push(said);
    const [heard] = await this.schedule.waitFor(
      Promise.all([replica.serve(this.guest, said), ...late]),
    );
    replica.crash = 'none';
    if (one.answer !== 'lost') model.hear(said, heard, one.answer === 'heard, then dies');
  }
}

const turns = (maxLength: number) => fc.array(turn, { maxLength });
const runs = { numRuns: 150 };
const timeout = { timeout: 120_000 };

describe('a guest alone', () => {
  it('is never quarantined and loses nothing, whatever is lost, late, twice or dies', timeout, () =>
    fc.assert(
      fc.asyncProperty(fc.scheduler(), turns(12), async (scheduler, all) => {
        const world = await World.open(scheduler);
        const model = new GuestModel();
        await world.play(model, all);
        await world.drain(model);
        expect(await isQuarantined(world.guest)).toBe(false);
        const events = await log.store.read(0, 100_000, `guest-${world.guest}`);
        const inLog = (boot: string) =>
          events
            .filter(({ event }) => event.boot === boot)
            .map(({ event: { type, at, data } }) => ({ type, at, data }));
        for (const { id, observations } of model.journal) expect(inLog(id)).toEqual(observations);
      }),
      runs,
    ),
  );
});

type Own = 'record' | 'reboot';
const own = fc.constantFrom<Own>('record', 'reboot');

async function speak(world: World, model: GuestModel, what: Own): Promise<void> {
  model[what]();
  await world.drain(model);
}

/** A guest that has shown a join state and been told the next, after whatever happened to it. */
async function settledGuest(world: World, all: readonly Turn[]): Promise<GuestModel> {
  const model = new GuestModel();
  await world.drain(model);
  await world.play(model, all);
  await speak(world, model, 'record');
  return model;
}

describe('two copies of a guest', () => {
  it('are quarantined as soon as both have said something', timeout, () =>
    fc.assert(
      fc.asyncProperty(turns(6), own, own, async (all, first, second) => {
        const world = await World.open();
        const original = await settledGuest(world, all);
        const copy = original.copy();
        await speak(world, original, first);
        expect(await isQuarantined(world.guest)).toBe(false);
        await speak(world, copy, second);
        expect([copy.isRefused, await isQuarantined(world.guest)]).toEqual([true, true]);
      }),
      runs,
    ),
  );

  it('are quarantined, too, where they always speak at the same moment', timeout, () =>
    fc.assert(
      fc.asyncProperty(fc.scheduler(), own, own, async (scheduler, first, second) => {
        const world = await World.open(scheduler);
        const original = await settledGuest(world, []);
        const copy = original.copy();
        for (let word = 0; word < 2; word++) {
          original[first]();
          copy[second]();
          await world.sayAtOnce(original, copy);
        }
        expect(await isQuarantined(world.guest)).toBe(true);
      }),
      runs,
    ),
  );

  it(
    'are quarantined at their second word, whatever was under way when they were made',
    timeout,
    () =>
      fc.assert(
        fc.asyncProperty(
          fc.scheduler(),
          turns(6),
          turns(3),
          turns(3),
          fc.array(own, { minLength: 4, maxLength: 4 }),
          async (scheduler, before, ofOriginal, ofCopy, words) => {
            const world = await World.open(scheduler);
            const original = await settledGuest(world, []);
            await world.play(original, before);
            const copy = original.copy();
            await world.play(original, ofOriginal);
            await world.play(copy, ofCopy);
            for (const [index, word] of words.entries())
              await speak(world, index % 2 === 0 ? original : copy, word);
            expect(await isQuarantined(world.guest)).toBe(true);
          },
        ),
        runs,
      ),
  );
});

describe('a guest that was rolled back', () => {
  it('is quarantined as soon as it says something', timeout, () =>
    fc.assert(
      fc.asyncProperty(turns(6), turns(4), own, async (before, after, word) => {
        const world = await World.open();
        const guest = await settledGuest(world, []);
        await world.play(guest, before);
        const snapshot = guest.copy();
        await world.play(guest, after);
        await speak(world, guest, 'record');
        await speak(world, snapshot, word);
        expect([snapshot.isRefused, await isQuarantined(world.guest)]).toEqual([true, true]);
      }),
      runs,
    ),
  );
});
