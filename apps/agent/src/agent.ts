import { join } from 'node:path';

import { AgentError, causeOf, exitCodes } from './agent-error.ts';
import type { Boot } from './boot.ts';
import { LocalControl } from './commands/local-control.ts';
import { Exchange } from './exchange.ts';
import { listSetAside } from './journal/boot-directory.ts';
import { JournalError, unlessFull } from './journal/journal-error.ts';
import { BootLedger } from './ledger/boot-ledger.ts';
import type { Log } from './log.ts';
import { startTimeOf } from './observe/identify.ts';
import type { Observer } from './observe/observer.ts';
import { startObserver } from './observe/start-observer.ts';
import { Enforcement } from './policy/enforcement.ts';
import { Records } from './records.ts';
import { Serial } from './serial.ts';
import { Discovery } from './source/discovery.ts';
import type { SecretSource } from './source/secret-source.ts';
import { StartRecords } from './start-records.ts';
import { type Status, StatusFile } from './status-file.ts';
import { countPending } from './uplink/batch.ts';
import { EnrolmentEntry } from './uplink/enrolment-entry.ts';
import type { Identity } from './uplink/identity.ts';
import { version } from './version.ts';
import { WitnessFile } from './witness/witness-file.ts';

export interface AgentOptions {
  readonly stateDir: string;
  readonly identity: Identity;
  /** Null where only the enrolment entry tells. */
  readonly api: string | null;
  readonly allowHttp: boolean;
  /** Null where the guest is enrolled, or the enrolment entry is to tell. */
  readonly token: string | null;
  /** The verifier key that somebody gave; null to trust the first that the service lists. */
  readonly logKey: string | null;
  readonly name: string;
  readonly boot: Boot;
  readonly secondsSinceBoot: () => number;
  readonly sources: readonly SecretSource[];
  readonly mode: 'observe' | 'enforce';
  /** How long a reader waits at most. */
  readonly holdMilliseconds: number;
  readonly log: Log;
}

/** A source may appear at any time, and the kernel does not announce it. */
const scanMilliseconds = 2000;

/** What is watched announces its changes: it is looked at only to be sure. */
const ticksPerWatchedScan = 4;

/** How long the last records may take to be delivered when the agent is told to stop. */
const flushMilliseconds = 2000;

/** Observation and journal on one side, exchange with the service on the other; neither waits for the other. */
export class Agent {
  /** The exit code; rejects where the agent cannot go on. */
  readonly ended: Promise<number>;
  readonly #options: AgentOptions;
  readonly #observer: Observer;
  readonly #ledger: BootLedger;
  readonly #records: Records;
  readonly #discovery: Discovery;
  readonly #start: StartRecords;
  readonly #exchange: Exchange;
  readonly #enforcement: Enforcement | null;
  readonly #control: LocalControl;
  readonly #statusFile: StatusFile;
  readonly #startedAt = new Date().toISOString();
  /** Listing and wiping take turns, so that a wipe is not mistaken for somebody else's. */
  readonly #serial = new Serial();
  #isScanDue = false;
  #ticks = 0;
  #isEnding = false;
  #timer: NodeJS.Timeout | undefined;
  #requestStop: (reason: string) => void = () => {};

  private constructor(
    options: AgentOptions,
    observer: Observer,
    ledger: BootLedger,
    witnessFile: WitnessFile,
    enforcement: Enforcement | null,
  ) {
    this.#enforcement = enforcement;
    this.#options = options;
    this.#observer = observer;
    this.#ledger = ledger;
    this.#records = new Records(observer);
    const { records, log } = { records: this.#records, log: options.log };
    this.#discovery = new Discovery(options.sources, { observer, records, ledger, log });
    const tellDropped = (): Promise<void> => this.#discovery.tellDropped();
    this.#start = new StartRecords({ ...options, records, ledger, tellDropped });
    this.#statusFile = new StatusFile(options.stateDir, () => this.#status());
    const exclusively = <T>(task: () => Promise<T>): Promise<T> => this.#exclusively(task);
    this.#control = new LocalControl({
      stateDir: options.stateDir,
      boot: options.boot.id,
      records,
      ledger,
      discovery: this.#discovery,
      exclusively,
      log,
    });
    const parts = {
      ...options,
      observer,
      records,
      ledger,
      discovery: this.#discovery,
      exclusively,
    };
    enforcement?.attach(parts);
    this.#exchange = new Exchange({
      ...options,
      observer,
      records,
      ledger,
      witnessFile,
      enforcement,
      entry: new EnrolmentEntry({ ...parts, wipes: this.#control.wipes }),
      discovery: this.#discovery,
      exclusively,
      onChange: () => this.#statusFile.changed(),
    });
    this.ended = this.#run();
  }

  static async start(options: AgentOptions): Promise<Agent> {
    const { stateDir, boot, logKey, mode, holdMilliseconds } = options;
    const enforcement =
      mode === 'enforce' ? await Enforcement.open(join(stateDir, 'policies.json')) : null;
    const witnessFile = await WitnessFile.open(join(stateDir, 'witness.json'), logKey);
    const observer = await startObserver({
      journalDir: join(stateDir, 'journal'),
      boot: boot.id,
      holdMilliseconds,
      enforces: enforcement !== null,
    }).catch((error: unknown) => {
      const isKnown = error instanceof JournalError;
      const message = isKnown ? error.message : causeOf(error);
      throw new AgentError('state', `The journal in ${stateDir} cannot be used: ${message}.`);
    });
    try {
      const ledger = await BootLedger.open(join(stateDir, 'ledger.json'), observer, boot.id);
      await enforcement?.begin(observer, ledger);
      return new Agent(options, observer, ledger, witnessFile, enforcement);
    } catch (error) {
      await observer.stop();
      throw error;
    }
  }

  stop(reason: string): void {
    this.#requestStop(reason);
  }

  async #run(): Promise<number> {
    const stopped = new Promise<string>((resolve, reject) => {
      this.#requestStop = resolve;
      this.#observer.onFailed((error) => {
        reject(new AgentError('observer', `Nothing is observed any more: ${error.message}.`));
      });
    });
    // Awaited below; without this a failure in between would end the process without a word.
    stopped.catch(() => undefined);
    try {
      const reason = await Promise.race([stopped, this.#observe(), this.#exchange.run()]);
      await this.#end(reason);
      return this.#exchange.isInConflict ? exitCodes.negative : exitCodes.fine;
    } finally {
      this.#isEnding = true;
      clearInterval(this.#timer);
      this.#exchange.abandon();
      await this.#control.close();
      await this.#statusFile.close();
      await this.#observer.stop();
    }
  }

  /** The first scan holds its turn until it is done, so that no order is carried out before the sources are watched. */
  async #observe(): Promise<never> {
    this.#observer.onRecorded(() => {
      this.#exchange.wake();
      this.#statusFile.changed();
      this.#enforcement?.lookAtReads();
    });
    this.#observer.onLetThrough(() => {
      this.#options.log('the journal does not answer: readers go on unseen until it does');
    });
    for (const { path } of listSetAside(join(this.#options.stateDir, 'journal')))
      this.#options.log(`records of an earlier boot are damaged and not delivered: see ${path}`);
    this.#observer.onChanged((change) => {
      this.#discovery.notice(change);
      this.#scanSoon();
    });
    await this.#exclusively(async () => {
      await this.#start.recordOnceRoom(this.#options.log);
      await this.#control.wipes.recover();
      await this.#discovery.scan();
      await this.#enforcement?.look().catch(unlessFull);
    });
    if (!this.#isEnding) await this.#control.listen();
    if (!this.#isEnding) this.#timer = setInterval(() => this.#tick(), scanMilliseconds);
    return new Promise<never>(() => {});
  }

  async #end(reason: string): Promise<void> {
    this.#options.log(`stopping (${reason})`);
    clearInterval(this.#timer);
    this.#isEnding = true;
    this.#exchange.stopBeginning();
    await this.#control.close();
    await this.#exclusively(() => this.#records.record('agent.stopped', { reason })).catch(
      (error: unknown) => this.#options.log(`the stop is not recorded (${causeOf(error)})`),
    );
    await this.#exchange.flush(flushMilliseconds);
    await this.#ledger.save();
  }

  #tick(): void {
    this.#ticks += 1;
    const isSure = this.#start.isRecorded && this.#ledger.isEachWatched;
    const isDue = !isSure || this.#ticks % ticksPerWatchedScan === 0;
    if (isDue) this.#scanSoon();
    else this.#enforcement?.lookAtReads();
  }

  /** Many notices make one scan. */
  #scanSoon(): void {
    if (this.#isScanDue) return;
    this.#isScanDue = true;
    void this.#exclusively(async () => {
      this.#isScanDue = false;
      await this.#records.checkClock();
      await this.#start.recordOnceRoom(this.#options.log);
      await this.#control.wipes.flush();
      await this.#discovery.scan();
      await this.#exchange.wipeEntry();
      await this.#enforcement?.look();
    }).catch((error: unknown) => this.#options.log(`scan put off (${causeOf(error)})`));
  }

  #exclusively<T>(task: () => Promise<T>): Promise<T> {
    return this.#serial.run(task);
  }

  #status(): Status {
    const { identity, api, uplink, orders, openOrders, witness } = this.#exchange.status;
    const { through, sources, secrets } = this.#ledger.read();
    return {
      version,
      pid: process.pid,
      startTime: startTimeOf(process.pid),
      api,
      guest: identity.guest,
      name: identity.name,
      boot: this.#options.boot.id,
      startedAt: this.#startedAt,
      updatedAt: new Date().toISOString(),
      uplink,
      orders,
      pending: countPending(this.#observer.journal),
      lastSeq: through,
      openOrders,
      witness,
      presentSecrets: [...secrets.values()].filter(({ isPresent }) => isPresent).length,
      sources: [...sources.values()],
    };
  }
}
