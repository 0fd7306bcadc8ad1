import { Injectable } from '@nestjs/common';

import { Refusal } from '../problem.ts';

const failuresFree = 5;
const firstLockMs = 5000;
/** Behind the dashboard's proxy everybody has one address, so a stranger's guesses lock out the name's owner as well. */
const longestLockMs = 30_000;
const rememberedMax = 10_000;

interface Failures {
  count: number;
  lockedUntil: number;
}

/**
 * Locks a name for an address after a few wrong passwords, longer each time, but never for long: guessing stays slow, and
 * the right person gets in soon. Whoever is elsewhere is not locked out.
 */
@Injectable()
export class SignInGuard {
  private readonly failures = new Map<string, Failures>();

  /**
   * Throws while the pair is locked; counts as a failure until `succeeded`, so that guesses that come at once are not all
   * checked before the first of them has failed.
   */
  attempt(name: string, address: string): void {
    this.check(name, address);
    this.count(pair(name, address));
  }

  private check(name: string, address: string): void {
    const left = (this.failures.get(pair(name, address))?.lockedUntil ?? 0) - Date.now();
    if (left <= 0) return;
    const retryAfterSeconds = Math.ceil(left / 1000);
    throw new Refusal(
      'too-many-requests',
      `Too many wrong passwords. Try again in ${retryAfterSeconds} seconds.`,
      { retryAfterSeconds },
    );
  }

  private count(key: string): void {
    const count = (this.failures.get(key)?.count ?? 0) + 1;
    const over = count - failuresFree;
    const lockMs = over < 0 ? 0 : Math.min(firstLockMs * 2 ** over, longestLockMs);
    this.failures.delete(key);
    this.failures.set(key, { count, lockedUntil: Date.now() + lockMs });
    this.forgetOldest();
  }

  succeeded(name: string, address: string): void {
    this.failures.delete(pair(name, address));
  }

  /** The rate limit by address holds whoever fills this map to push a lock out. */
  private forgetOldest(): void {
    const oldest = this.failures.keys().next();
    if (this.failures.size > rememberedMax && oldest.done !== true)
      this.failures.delete(oldest.value);
  }
}

function pair(name: string, address: string): string {
  return `${address}\0${name}`;
}
