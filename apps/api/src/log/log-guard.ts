import type { Gate, Log, SignedHead, SignHead } from '@vestige/events';
import { EventsError } from '@vestige/events';
import { type Checkpoint, openCheckpoint, signCheckpoint, type TreeHead } from '@vestige/tlog';
import { exhaustMap, from, interval, type Subscription } from 'rxjs';

import { LogAudit } from './audit.ts';
import { firstContradiction } from './compare.ts';
import type { KeptCheckpoint } from './kept-checkpoint.ts';
import { logKeysOf, type SigningKeys } from './signing-keys.ts';

const auditMs = 250;
/** Every so many audit steps the checkpoints are compared, too. */
const compareEvery = 20;

type Standing =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'sound' }
  | { readonly kind: 'damaged'; readonly reason: string };

/**
 * Stands between the log and whoever appends to it: compares what the database holds with what was signed, at the start and
 * from then on, and lets nothing be appended or signed where the two differ. The newest checkpoint is kept outside of the
 * database before anybody hears of it, so that a database that was put back or cut is behind what others know.
 */
export class LogGuard {
  readonly #kept: KeptCheckpoint;
  readonly #known: Promise<void>;
  #makeKnown: () => void = () => {};
  #keys: SigningKeys | null = null;
  #log: Log | null = null;
  #audit: LogAudit | null = null;
  #standing: Standing = { kind: 'unknown' };
  #published: SignedHead | null = null;
  /** Why the newest checkpoint cannot be kept; null while it can. */
  #unkept: string | null = null;
  #subscriptions: Subscription[] = [];

  constructor(kept: KeptCheckpoint) {
    this.#kept = kept;
    this.#known = new Promise((resolve) => (this.#makeKnown = resolve));
  }

  /** For the log to be opened with: waits for the first comparison, then lets through what may be appended. */
  readonly gate: Gate = async () => {
    if (this.#standing.kind === 'unknown') await this.#known;
    if (this.#standing.kind === 'damaged')
      throw new EventsError('log-damaged', this.#standing.reason);
  };

  /** For the log to be opened with: nothing is signed that might contradict what was signed before. */
  readonly sign: SignHead = (head) => {
    if (this.#standing.kind !== 'sound' || this.#keys === null) return null;
    if (this.#published !== null && head.size < this.#published.size) return null;
    return this.#sign(head);
  };

  /** The newest checkpoint that is kept outside of the database; null before the first. */
  get published(): SignedHead | null {
    return this.#published;
  }

  /** Why nothing can be appended, or is as it should be; null where all is well. */
  get trouble(): string | null {
    if (this.#standing.kind === 'damaged') return this.#standing.reason;
    return this.#unkept;
  }

  /** How often the whole log was gone through since the start. */
  get rounds(): number {
    return this.#audit?.rounds ?? 0;
  }

  /** Compares for the first time, and goes on to. */
  async start(log: Log, keys: SigningKeys): Promise<void> {
    this.#log = log;
    this.#keys = keys;
    this.#audit = new LogAudit(log.store, log.tree);
    await this.compare();
    this.#makeKnown();
    let steps = 0;
    // Whatever goes wrong while it looks is a reason to stop appending, never one to stop looking.
    const look = async (): Promise<void> => {
      steps += 1;
      await this.#look(steps % compareEvery === 0).catch((error: unknown) =>
        this.#judge(unreadable(error)),
      );
    };
    this.#subscriptions = [
      log.tree.checkpoint.subscribe((head) => head !== null && this.#keep(head)),
      interval(auditMs)
        .pipe(exhaustMap(() => from(look())))
        .subscribe(),
    ];
  }

  stop(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  /** Compares the checkpoints with the log now. Answers why it is damaged; null where it is not. */
  async compare(): Promise<string | null> {
    const { log, keys } = this.#opened();
    const reason = await firstContradiction(log, keys, this.#kept.read()).catch(unreadable);
    this.#judge(reason);
    return reason;
  }

  /** A checkpoint over the first entries only, which the newest one covers too. */
  async signedAt(size: number): Promise<string> {
    const newest = this.#published;
    if (newest === null || size > newest.size || this.#standing.kind !== 'sound')
      throw new EventsError('log-damaged', this.trouble ?? 'There is no checkpoint yet.');
    if (size === newest.size) return newest.note;
    const { log } = this.#opened();
    return this.#sign({ size, root: await log.tree.rootAt(size) });
  }

  #sign(head: TreeHead): string {
    const { keys } = this.#opened();
    return signCheckpoint({ origin: keys.origin, ...head }, keys.signers());
  }

  async #look(isTimeToCompare: boolean): Promise<void> {
    const { audit } = this.#opened();
    const flaw = await audit.step().catch(unreadable);
    if (flaw !== null) this.#judge(flaw);
    else if (isTimeToCompare || this.#standing.kind === 'damaged' || this.#unkept !== null)
      await this.#compareAndKeep();
  }

  async #compareAndKeep(): Promise<void> {
    if ((await this.compare()) !== null) return;
    const { newest } = this.#opened().log.tree;
    if (newest !== null && newest.note !== this.#published?.note) this.#keep(newest);
  }

  /** Kept first, then told: what is told must be known after a crash. */
  #keep(head: SignedHead): void {
    if (this.#standing.kind !== 'sound' || !this.#isOurs(head)) return;
    try {
      this.#kept.keep(head.note);
      this.#published = head;
      this.#unkept = null;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      this.#unkept = `The newest checkpoint cannot be kept in ${this.#kept.path} (${code}).`;
    }
  }

  #isOurs({ note }: SignedHead): boolean {
    const { keys } = this.#opened();
    try {
      const checkpoint: Checkpoint = openCheckpoint(
        note,
        keys.origin,
        logKeysOf(keys.verifierKeys()),
      );
      return checkpoint.size >= (this.#published?.size ?? 0);
    } catch {
      return false;
    }
  }

  #judge(reason: string | null): void {
    this.#standing = reason === null ? { kind: 'sound' } : { kind: 'damaged', reason };
  }

  #opened(): { log: Log; keys: SigningKeys; audit: LogAudit } {
    if (this.#log === null || this.#keys === null || this.#audit === null)
      throw new Error('the guard is asked before it was started');
    return { log: this.#log, keys: this.#keys, audit: this.#audit };
  }
}

function unreadable(error: unknown): string {
  return `The log cannot be read: ${error instanceof Error ? error.message : 'unknown'}`;
}
