import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import type { SecretRef } from '@vestige/contract';

import { causeOf, oneLine } from '../agent-error.ts';
import type { BootLedger } from '../ledger/boot-ledger.ts';
import type { Log } from '../log.ts';
import type { Records } from '../records.ts';
import type { Discovery } from '../source/discovery.ts';
import { findHolders } from '../source/holders.ts';
import {
  secretKey,
  type SecretSource,
  sourceKey,
  wipesAtOnceMax,
} from '../source/secret-source.ts';
import { type DueWipe, dueWipes } from './due-wipes.ts';
import type { PolicyKeeper } from './policy-keeper.ts';

export interface WiperOptions {
  readonly keeper: Pick<PolicyKeeper, 'policies'>;
  readonly records: Pick<Records, 'record'>;
  readonly ledger: Pick<BootLedger, 'read'>;
  readonly discovery: Pick<Discovery, 'source' | 'ownAccess' | 'expectWipe'>;
  /** By the kernel's clock, which nobody sets. */
  readonly secondsSinceBoot: () => number;
  readonly exclusively: <T>(task: () => Promise<T>) => Promise<T>;
  readonly log: Log;
}

/** Many records make one look. */
const lookMilliseconds = 50;

/**
 * How long the last reader may take to finish what it was allowed to read: a wipe under its hands would give it zeros, or
 * leave the rest of the secret in its descriptor.
 */
const graceMilliseconds = 5000;

/** A wipe that failed is not tried again with every look. */
const retryMilliseconds = 30_000;

/** Wipes what a policy wants gone after so many reads or seconds; that it is in force was recorded before. */
export class PolicyWiper {
  readonly #options: WiperOptions;
  /** When a secret was first seen to be due. */
  readonly #dueSince = new Map<string, number>();
  readonly #failed = new Map<string, { at: number; reason: string }>();
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;
  #isStopped = false;

  constructor(options: WiperOptions) {
    this.#options = options;
  }

  /** Something may have become due. */
  look(): void {
    if (this.#isStopped || this.#isLooking) return;
    this.#timer ??= setTimeout(() => void this.#lookNow(), lookMilliseconds);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #lookNow(): Promise<void> {
    const { exclusively, log } = this.#options;
    this.#timer = undefined;
    this.#isLooking = true;
    const isAllDone = await exclusively(() => this.#wipeDue()).catch((error: unknown) => {
      log(`wipes by policy are put off (${causeOf(error)})`);
      return true;
    });
    this.#isLooking = false;
    if (!isAllDone) this.look();
  }

  /** Whether none is left that waits for its last reader alone. */
  async #wipeDue(): Promise<boolean> {
    const { keeper, ledger, secondsSinceBoot } = this.#options;
    const due = dueWipes(keeper.policies, ledger.read(), secondsSinceBoot());
    let isAllDone = true;
    while (due.length > 0) {
      const group = due.splice(0, wipesAtOnceMax).map((one) => this.#wipeUnlessRead(one));
      for (const result of await Promise.allSettled(group)) {
        if (result.status === 'rejected') throw result.reason;
        isAllDone &&= result.value;
      }
    }
    return isAllDone;
  }

  /** False where it is to wait for its last reader. */
  async #wipeUnlessRead(due: DueWipe): Promise<boolean> {
    const source = this.#options.discovery.source(sourceKey(due.secret.source));
    if (this.#isStopped || source === undefined || this.#failedLately(due.secret)) return true;
    if (await this.#isBeingRead(due, source)) return false;
    await this.#wipe(due, source);
    return true;
  }

  #failedLately(secret: SecretRef): boolean {
    const failed = this.#failed.get(secretKey(secret));
    return failed !== undefined && performance.now() - failed.at < retryMilliseconds;
  }

  async #isBeingRead({ secret, cause }: DueWipe, source: SecretSource): Promise<boolean> {
    if (cause === 'seconds') return false;
    const key = secretKey(secret);
    const since = this.#dueSince.get(key) ?? performance.now();
    this.#dueSince.set(key, since);
    if (performance.now() - since >= graceMilliseconds) return false;
    const { path } = source.source;
    const file = source.watchKind === 'file' ? path : join(path, secret.name);
    const stats = await stat(file, { bigint: true }).catch(() => null);
    const holders = stats === null ? [] : await findHolders(basename(file), stats);
    return holders !== null && holders.length > 0;
  }

  async #wipe({ secret, version, cause }: DueWipe, source: SecretSource): Promise<void> {
    const { discovery, records, log } = this.#options;
    const key = secretKey(secret);
    this.#dueSince.delete(key);
    await discovery.expectWipe(secret);
    const result = await source.wipe(secret, discovery.ownAccess(sourceKey(secret.source)));
    if (result.wiped) {
      const { evidence } = result;
      const policy = { version, cause };
      this.#failed.delete(key);
      await records.record('secret.wiped', { secret, order: null, evidence, policy });
      log(`policy of version ${version}: wiped ${secret.name} (${evidence.verification.result})`);
      return;
    }
    const { reason, detail } = result;
    const isNews = this.#failed.get(key)?.reason !== reason;
    this.#failed.set(key, { at: performance.now(), reason });
    // Of one that is gone the next scan tells.
    if (reason === 'already-gone' || !isNews) return;
    const told = { secret, order: null, reason, detail: oneLine(detail, 300) };
    await records.record('secret.wipe-failed', told);
    log(`policy of version ${version}: ${secret.name} not wiped, ${reason}`);
  }
}
