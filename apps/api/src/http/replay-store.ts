import { clockSkewSeconds, signatureLifetimeSeconds } from '@vestige/contract';

/** Most requests of one key that are remembered; beyond it the key has to wait, as forgetting one would let it be replayed. */
export const rememberedMax = 20_000;

export type Verdict = 'fresh' | 'replayed' | 'full';

/** Remembers every accepted request until its signature could not be accepted any more. */
export class ReplayStore {
  private readonly byKey = new Map<string, Map<string, number>>();
  private sweptAt = 0;

  /** Takes the digest of a reconstructed signature base, never of a header: an added space would make a new one. */
  remember(key: string, digest: string, created: number, now: number): Verdict {
    this.sweep(now);
    const seen = this.byKey.get(key) ?? new Map<string, number>();
    if (seen.has(digest)) return 'replayed';
    if (seen.size >= rememberedMax) return 'full';
    seen.set(digest, created + clockSkewSeconds + signatureLifetimeSeconds);
    this.byKey.set(key, seen);
    return 'fresh';
  }

  private sweep(now: number): void {
    if (now - this.sweptAt < 5) return;
    this.sweptAt = now;
    for (const [key, seen] of this.byKey) {
      for (const [digest, until] of seen) if (until < now) seen.delete(digest);
      if (seen.size === 0) this.byKey.delete(key);
    }
  }
}
