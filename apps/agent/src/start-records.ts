import type { Boot } from './boot.ts';
import { unlessFull } from './journal/journal-error.ts';
import type { BootLedger } from './ledger/boot-ledger.ts';
import type { Log } from './log.ts';
import { detectPlatform } from './platform.ts';
import type { Records } from './records.ts';
import { moduleState } from './source/secret-module.ts';
import { version } from './version.ts';

export interface StartOptions {
  readonly boot: Boot;
  readonly records: Records;
  readonly ledger: BootLedger;
  readonly mode: 'observe' | 'enforce';
  /** Says which sources are not watched any more. */
  readonly tellDropped?: () => Promise<void>;
}

/**
 * What the agent says first: the boot, itself, and the time that it could not observe. A start that was killed half-way
 * is completed by the next.
 */
export class StartRecords {
  readonly #bootId: string;
  readonly #isResumed: boolean;
  /** What is not recorded yet. It is settled once, as a journal that is full may have the rest told much later. */
  readonly #steps: (() => Promise<void>)[];
  #hasWaited = false;

  constructor({ boot, records, ledger, mode, tellDropped }: StartOptions) {
    const { hasBooted, hasStarted, hasPriorGap, lastAt } = ledger.read();
    const startedAt = records.now();
    this.#bootId = boot.id;
    this.#isResumed = hasStarted;
    this.#steps = [
      ...(hasBooted ? [] : [() => recordBoot(boot, records)]),
      () => records.record('agent.started', { version, mode, resumed: hasStarted }),
      ...(hasPriorGap
        ? downtimeSteps(lastAt, startedAt, records)
        : [() => recordPriorGap(boot.bootedAt, startedAt, records)]),
      ...(tellDropped === undefined ? [] : [tellDropped]),
    ];
  }

  get isRecorded(): boolean {
    return this.#steps.length === 0;
  }

  /**
   * Goes on where an earlier call found no room. A journal that is full after a long time alone has room again once the
   * service has taken some of it: what there is to watch is not to wait for that.
   */
  async recordOnceRoom(log: Log): Promise<void> {
    if (this.isRecorded) return;
    try {
      await this.record();
      log(`${this.#isResumed ? 'resumed' : 'started'} in boot ${this.#bootId}`);
    } catch (error) {
      unlessFull(error);
      if (!this.#hasWaited)
        log('the journal is full: the start is recorded once the service has taken some of it');
      this.#hasWaited = true;
    }
  }

  async record(): Promise<void> {
    for (let step = this.#steps[0]; step !== undefined; step = this.#steps[0]) {
      await step();
      this.#steps.shift();
    }
  }
}

/** For who does not go on observing. */
export async function recordStart(boot: Boot, records: Records, ledger: BootLedger): Promise<void> {
  await new StartRecords({ boot, records, ledger, mode: 'observe' }).record();
}

async function recordBoot(boot: Boot, records: Records): Promise<void> {
  const { bootedAt, kernel, hostname } = boot;
  const [platform, module] = await Promise.all([detectPlatform(), moduleState()]);
  await records.record('guest.booted', { bootedAt, kernel, hostname, platform, module });
}

/** Whoever read a secret before nobody knows: prior access is unknown. */
async function recordPriorGap(from: string, until: string, records: Records): Promise<void> {
  const data = { from, until, lost: null, source: null };
  await records.record('agent.gap', { reason: 'before-agent-start', ...data });
}

function downtimeSteps(
  lastAt: string | null,
  until: string,
  records: Records,
): (() => Promise<void>)[] {
  const gapFrom = (from: string | null) => (): Promise<void> =>
    records.record('agent.gap', { reason: 'agent-down', from, until, lost: null, source: null });
  if (lastAt === null || Date.parse(until) >= Date.parse(lastAt)) return [gapFrom(lastAt)];
  return [() => records.recordClockBackwards(lastAt), gapFrom(null)];
}
