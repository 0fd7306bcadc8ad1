import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

import { EventsError, type Gate, type Log, type SignedHead, type Signing } from '@vestige/events';
import {
  consistencyTiles,
  edgeTiles,
  emptyRoot,
  openCheckpoint,
  proveConsistency,
  rootFromTiles,
  signCheckpoint,
  type TreeHead,
  verifyConsistency,
} from '@vestige/tlog';
import { exhaustMap, from, interval, type Subscription } from 'rxjs';

import { LogAudit } from './audit.ts';
import { firstContradiction, headOf } from './compare.ts';
import type { KeptCheckpoint } from './kept-checkpoint.ts';
import { logKeysOf, type SigningKeys } from './signing-keys.ts';

const auditMs = 250;
/** Every so many audit steps the checkpoints are compared, too. */
const compareEvery = 20;
/** With less the service says that it is not ready, before an append has to be refused. */
const roomBytesMin = 64 * 1024;

type Standing =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'sound' }
  | { readonly kind: 'damaged'; readonly reason: string };

interface Guarded {
  readonly log: Log;
  readonly keys: SigningKeys;
  readonly audit: LogAudit;
  readonly mayLackKept: boolean;
}

/**
 * Stands between the log and whoever appends to it: compares what the database holds with what was signed, at the start and
 * from then on, and lets nothing be appended or signed where the two differ. The newest checkpoint is kept outside of the
 * database before anybody hears of it, so that a database that was put back or cut is behind what others know.
 */
export class LogGuard {
  readonly #kept: KeptCheckpoint;
  readonly #known: Promise<void>;
  #makeKnown: () => void = () => {};
  /** Resolves when the log is first found to be the one that was signed. */
  readonly sound: Promise<void>;
  #makeSound: () => void = () => {};
  #guarded: Guarded | null = null;
  #standing: Standing = { kind: 'unknown' };
  #published: SignedHead | null = null;
  #maySign = false;
  /** What is wrong beside the log; null where nothing is. */
  #trouble: string | null = null;
  #subscriptions: Subscription[] = [];

  constructor(kept: KeptCheckpoint) {
    this.#kept = kept;
    this.#known = new Promise((resolve) => (this.#makeKnown = resolve));
    this.sound = new Promise((resolve) => (this.#makeSound = resolve));
  }

  /** For the log to be opened with: waits for the first comparison, then lets through what may be appended. */
  readonly gate: Gate = async () => {
    if (this.#standing.kind === 'unknown') await this.#known;
    if (this.#standing.kind === 'damaged')
      throw new EventsError('log-damaged', this.#standing.reason);
  };

  /** For the log to be opened with: what is signed continues what was published, or nothing is signed. */
  readonly signing: Signing = {
    signedSize: () => this.#published?.size ?? 0,
    sign: (head, signedSize, signedRoot) => {
      const published = this.#published;
      if (!this.#maySign || this.#standing.kind !== 'sound' || published === null) return null;
      // Another replica's checkpoint was published while the tiles were read: the next batch signs.
      if (signedSize !== published.size) return null;
      if (Buffer.compare(signedRoot, headOf(published.note).root) === 0) return this.#sign(head);
      this.#judge(`The tiles do not lead to the checkpoint that covers ${signedSize} entries.`);
      return null;
    },
  };

  /** The newest checkpoint that is kept outside of the database; null where nothing is in the log yet. */
  get published(): SignedHead | null {
    return this.#published === null || this.#published.size === 0 ? null : this.#published;
  }

  /** Why nothing can be appended, or is as it should be; null where all is well. */
  get trouble(): string | null {
    if (this.#standing.kind === 'damaged') return this.#standing.reason;
    return this.#trouble;
  }

  /** Whether what is stored is what was signed, as far as was looked. */
  get isSound(): boolean {
    return this.#standing.kind === 'sound';
  }

  /** Compares for the first time, and goes on to. Nothing is signed before `allowSigning`. */
  async start(log: Log, keys: SigningKeys, mayLackKept: boolean): Promise<void> {
    this.#guarded = { log, keys, mayLackKept, audit: new LogAudit(log.store, log.tree) };
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

  /** To be called when the log says by which keys it is signed. */
  allowSigning(): void {
    this.#maySign = true;
  }

  stop(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  /** Compares the checkpoints with the log now. Answers why it is damaged; null where it is not. */
  async compare(): Promise<string | null> {
    const { log, keys, mayLackKept } = this.#opened();
    const kept = this.#kept.read();
    const reason = await firstContradiction(log, { keys, kept, mayLackKept }).catch(unreadable);
    if (reason === null && this.#published === null) this.#publishFirst(kept);
    this.#judge(reason);
    return reason;
  }

  /** A checkpoint over the first entries only, of which it is proved that the newest one continues it. */
  async signedAt(size: number): Promise<string> {
    const newest = this.#published;
    if (newest === null || size > newest.size || this.#standing.kind !== 'sound')
      throw new EventsError('log-damaged', this.trouble ?? 'There is no checkpoint yet.');
    if (size === newest.size) return newest.note;
    const { tree } = this.#opened().log;
    const read = await tree.read([...edgeTiles(size), ...consistencyTiles(size, newest.size)]);
    const head = { size, root: rootFromTiles(size, read) };
    try {
      verifyConsistency(proveConsistency(size, newest.size, read), head, headOf(newest.note));
    } catch {
      this.#judge(`The tiles do not lead to the checkpoint that covers ${newest.size} entries.`);
      throw new EventsError('log-damaged', this.trouble ?? '');
    }
    return this.#sign(head);
  }

  #sign(head: TreeHead): string {
    const { keys } = this.#opened();
    return signCheckpoint({ origin: keys.origin, ...head }, keys.signers());
  }

  async #look(isTimeToCompare: boolean): Promise<void> {
    const { audit } = this.#opened();
    const flaw = await audit.step().catch(unreadable);
    if (flaw !== null) this.#judge(flaw);
    else if (isTimeToCompare || this.trouble !== null) await this.#compareAndKeep();
  }

  async #compareAndKeep(): Promise<void> {
    this.#trouble = await this.#lackOfRoom();
    if ((await this.compare()) !== null) return;
    const { newest } = this.#opened().log.tree;
    if (newest !== null && newest.note !== this.#published?.note) this.#keep(newest);
  }

  async #lackOfRoom(): Promise<string | null> {
    const { bavail, bsize } = await statfs(dirname(this.#kept.path));
    if (bavail * bsize >= roomBytesMin) return null;
    return 'There is no room left on the disk of the data directory.';
  }

  /** What the next checkpoint has to continue; a log that was never signed continues the empty one. */
  #publishFirst(kept: string | null): void {
    const { newest } = this.#opened().log.tree;
    const first = kept ?? newest?.note;
    if (first !== undefined) this.#published = { size: headOf(first).size, note: first };
    else this.#keepFirst({ size: 0, note: this.#sign({ size: 0, root: emptyRoot() }) });
  }

  #keepFirst(head: SignedHead): void {
    this.#kept.keep(head.note);
    this.#published = head;
  }

  /** Kept first, then told: what is told must be known after a crash. */
  #keep(head: SignedHead): void {
    if (this.#standing.kind !== 'sound' || !this.#isOurs(head)) return;
    try {
      this.#kept.keep(head.note);
      this.#published = head;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      this.#trouble = `The newest checkpoint cannot be kept in ${this.#kept.path} (${code}).`;
    }
  }

  #isOurs({ note }: SignedHead): boolean {
    const { keys } = this.#opened();
    try {
      const { size } = openCheckpoint(note, keys.origin, logKeysOf(keys.verifierKeys()));
      return size >= (this.#published?.size ?? 0);
    } catch {
      return false;
    }
  }

  #judge(reason: string | null): void {
    this.#standing = reason === null ? { kind: 'sound' } : { kind: 'damaged', reason };
    if (reason === null) this.#makeSound();
  }

  #opened(): Guarded {
    if (this.#guarded === null) throw new Error('the guard is asked before it was started');
    return this.#guarded;
  }
}

/** Why a log could not be read, which is reason enough. */
function unreadable(error: unknown): string {
  if (!(error instanceof Error)) return 'The log cannot be read.';
  const cause = error.cause instanceof Error ? ` ${error.cause.message}` : '';
  return `The log cannot be read: ${error.message}${cause}`;
}
