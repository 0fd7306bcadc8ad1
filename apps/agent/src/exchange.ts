import { join } from 'node:path';

import type { Order } from '@vestige/contract';

import { causeOf } from './agent-error.ts';
import type { BootLedger } from './ledger/boot-ledger.ts';
import type { Log } from './log.ts';
import type { Observer } from './observe/observer.ts';
import { carryOut } from './orders/carry-out.ts';
import { OrderBook } from './orders/order-book.ts';
import { OrderLoop } from './orders/order-loop.ts';
import type { Enforcement } from './policy/enforcement.ts';
import type { Records } from './records.ts';
import type { Discovery } from './source/discovery.ts';
import { BackOff } from './uplink/back-off.ts';
import { enrol } from './uplink/enrol.ts';
import type { EnrolmentEntry, Grant } from './uplink/enrolment-entry.ts';
import { type Identity, signingKeyOf } from './uplink/identity.ts';
import { JoinStateFile } from './uplink/join-state.ts';
import { type LinkState, LinkStateKeeper } from './uplink/link-state.ts';
import { pinLog } from './uplink/pin-log.ts';
import { ServiceClock } from './uplink/service-clock.ts';
import { ServiceLink } from './uplink/service-link.ts';
import type { SigningKey } from './uplink/sign.ts';
import { Uplink } from './uplink/uplink.ts';
import { waitForGrant } from './uplink/wait-for-grant.ts';
import { Wake } from './wake.ts';
import { conflictRecorder } from './witness/conflict-recorder.ts';
import type { WitnessFile } from './witness/witness-file.ts';
import type { WitnessStatus } from './witness/witness-status.ts';
import { Witness } from './witness/witness.ts';

export interface ExchangeOptions {
  readonly stateDir: string;
  readonly identity: Identity;
  /** Null where only the enrolment entry tells. */
  readonly api: string | null;
  /** Null where the guest is enrolled, or the enrolment entry is to tell. */
  readonly token: string | null;
  readonly entry: EnrolmentEntry;
  readonly name: string;
  readonly boot: { readonly id: string };
  readonly observer: Observer;
  readonly records: Records;
  readonly ledger: BootLedger;
  readonly witnessFile: WitnessFile;
  readonly discovery: Discovery;
  /** Null where policies are not enforced. */
  readonly enforcement: Enforcement | null;
  readonly exclusively: <T>(task: () => Promise<T>) => Promise<T>;
  readonly onChange: () => void;
  readonly log: Log;
}

export interface ExchangeStatus {
  readonly identity: Identity;
  readonly api: string;
  readonly uplink: LinkState;
  readonly orders: LinkState;
  readonly openOrders: number;
  readonly witness: WitnessStatus;
}

/** Everything that is said to and heard from the service: enrolment, then records out, orders in and checkpoints checked, side by side. */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #link: ServiceLink;
  readonly #uplinkState: LinkStateKeeper;
  readonly #ordersState: LinkStateKeeper;
  readonly #uplinkWake = new Wake();
  readonly #uplink: Uplink;
  readonly #witness: Witness;
  readonly #enrolWake = new Wake();
  #identity: Identity;
  #api: string;
  #book: OrderBook | null = null;
  #orderLoop: OrderLoop | null = null;
  #delivering: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(options: ExchangeOptions) {
    const { identity, observer, ledger, witnessFile, onChange, log } = options;
    this.#options = options;
    this.#identity = identity;
    this.#api = options.api ?? identity.api;
    const key = (): SigningKey => signingKeyOf(this.#identity);
    this.#link = new ServiceLink(() => this.#api, key, new ServiceClock());
    this.#uplinkState = new LinkStateKeeper('service', log, onChange);
    this.#ordersState = new LinkStateKeeper('orders', log, onChange);
    this.#witness = new Witness({
      link: this.#link,
      file: witnessFile,
      record: conflictRecorder({ ...options, isStopping: () => this.#isStopping }),
      backOff: new BackOff(),
      wake: new Wake(),
      onChange,
      log,
    });
    this.#uplink = new Uplink({
      link: this.#link,
      journal: observer.journal,
      acknowledge: async (boot, through) => {
        await ledger.save();
        await observer.acknowledge(boot, through);
        onChange();
      },
      offerCheckpoint: (note) => this.#witness.offer(note),
      joinState: new JoinStateFile(options.stateDir, () => this.#identity.guest, log),
      state: this.#uplinkState,
      backOff: new BackOff(),
      wake: this.#uplinkWake,
    });
  }

  get status(): ExchangeStatus {
    return {
      identity: this.#identity,
      api: this.#api,
      uplink: this.#uplinkState.state,
      orders: this.#ordersState.state,
      openOrders: this.#book?.open.length ?? 0,
      witness: this.#witness.status,
    };
  }

  get isInConflict(): boolean {
    return this.#uplinkState.state.standing === 'conflict';
  }

  /** Goes on until the agent ends; rejects where the service refuses the enrolment or the state cannot be used. */
  async run(): Promise<never> {
    await this.#enrol();
    if (!this.#isStopping) await this.#exchange();
    return new Promise<never>(() => {});
  }

  /** There is something to deliver. */
  wake(): void {
    this.#uplinkWake.set();
  }

  /** Begins nothing new: what is recorded from here on is the agent's end. */
  stopBeginning(): void {
    this.#isStopping = true;
    this.#enrolWake.set();
    this.#orderLoop?.stop();
    this.#witness.stop();
    this.#options.enforcement?.stop();
  }

  async flush(withinMilliseconds: number): Promise<void> {
    this.#uplink.stop(withinMilliseconds);
    await this.#delivering;
  }

  abandon(): void {
    this.stopBeginning();
    this.#uplink.stop(0);
  }

  async #enrol(): Promise<void> {
    const { stateDir, name, witnessFile, exclusively, entry, log } = this.#options;
    if (this.#identity.guest !== null) return;
    const grant = await this.#grant();
    if (grant === null) return;
    const { api, token, logKey } = grant;
    this.#api = api;
    const enrolled = await enrol({
      stateDir,
      identity: { ...this.#identity, api },
      token,
      name,
      beforeSaving: () => (logKey === null ? Promise.resolve() : pinLog(witnessFile, logKey)),
      link: this.#link,
      state: this.#uplinkState,
      backOff: new BackOff(),
      wake: this.#enrolWake,
      isStopping: () => this.#isStopping,
    });
    if (enrolled === null) return;
    this.#identity = enrolled;
    log(`enrolled as guest ${enrolled.guest} (${enrolled.name})`);
    await exclusively(() => entry.wipe()).catch((error: unknown) =>
      log(`the enrolment entry is not wiped (${causeOf(error)})`),
    );
  }

  async #grant(): Promise<Grant | null> {
    const { token, entry, exclusively } = this.#options;
    if (token !== null) return { api: this.#api, token, logKey: null };
    return waitForGrant({
      entry,
      exclusively,
      state: this.#uplinkState,
      wake: this.#enrolWake,
      isStopping: () => this.#isStopping,
    });
  }

  /** An entry that is there when the guest is enrolled is wiped unread. To be called in turn. */
  async wipeEntry(): Promise<void> {
    if (this.#identity.guest !== null) await this.#options.entry.wipe();
  }

  async #exchange(): Promise<void> {
    const { stateDir, boot, log } = this.#options;
    const guest = this.#identity.guest ?? '';
    this.#book = await OrderBook.open(join(stateDir, 'orders.json'), guest, boot.id);
    this.#orderLoop = new OrderLoop({
      link: this.#link,
      book: this.#book,
      carryOut: (orders) => this.#carryOut(orders),
      state: this.#ordersState,
      backOff: new BackOff(),
      wake: new Wake(),
      log,
    });
    this.#delivering = this.#uplink.run();
    await Promise.all([
      this.#delivering,
      this.#orderLoop.run(),
      this.#witness.run(),
      this.#options.enforcement?.follow({
        guest,
        link: this.#link,
        state: new LinkStateKeeper('policies', log, () => {}),
      }),
    ]);
  }

  /** Side by side, so that one sync and one look at all processes do for many; in turn with everything else that lists and wipes. */
  #carryOut(orders: readonly Order[]): Promise<PromiseSettledResult<void>[]> {
    const { boot, exclusively } = this.#options;
    const options = { ...this.#options, boot: boot.id, serviceNow: () => this.#link.clock.now() };
    return exclusively(() => Promise.allSettled(orders.map((order) => carryOut(order, options))));
  }
}
