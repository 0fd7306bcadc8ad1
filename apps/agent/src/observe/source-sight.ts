import { basename } from 'node:path';

import type { ObservationMethod, Reader, SecretRef, Source } from '@vestige/contract';

import type { Refusal } from '../policy/reader-policies.ts';
import { bounded } from './identify.ts';
import type { SourceChange, WatchTarget } from './observer.ts';
import { isGuid } from './tellable.ts';
import { now, type Turn } from './turn.ts';

/** Who did something, as far as the kernel told. */
export interface Doer {
  actor: Reader | null;
  /** The agent itself. Inotify cannot tell. */
  isAgent: boolean;
  method: ObservationMethod;
}

const nameMax = 256;
/** A wipe that failed must not hide for ever that somebody else deletes that name. */
const expectationMilliseconds = 30_000;

/** What a source's names stand for, and what follows when the kernel tells that something happened to one. */
export class SourceSight {
  readonly target: WatchTarget;
  #items: Map<string, SecretRef> | null = null;
  /** By name, until when on the monotonic clock. */
  readonly #expectedWipes = new Map<string, number>();

  constructor(target: WatchTarget) {
    this.target = target;
  }

  get source(): Source {
    return this.target.source;
  }

  setItems(items: readonly SecretRef[]): void {
    this.#items = new Map(items.map((item) => [item.name, item]));
  }

  names(): Iterable<string> {
    return this.#items?.keys() ?? [];
  }

  expectWipe(name: string): void {
    this.#expectedWipes.set(name, performance.now() + expectationMilliseconds);
  }

  /** Takes over what was known when the source is watched anew. */
  inherit(previous: SourceSight): void {
    this.#items = previous.#items;
    for (const [name, until] of previous.#expectedWipes) this.#expectedWipes.set(name, until);
  }

  /** What a read of that name reads: of an image all entries. Null where that is not known. */
  secretsRead(name: string | null): SecretRef[] | null {
    return this.target.kind === 'file' ? this.#allSecrets() : this.#secretNamed(name);
  }

  read(
    turn: Turn,
    secrets: SecretRef[] | null,
    reader: Reader | null,
    method: ObservationMethod,
  ): void {
    const extent = this.target.kind === 'file' ? 'source' : 'item';
    const at = now();
    for (const secret of secrets ?? []) {
      turn.see({ type: 'secret.read', at, data: { secret, reader, method, extent } });
    }
    if (secrets === null) turn.miss(this.source, 'observer-unavailable', 1);
  }

  denied(turn: Turn, refusals: readonly Refusal[], reader: Reader | null): void {
    const at = now();
    for (const { secret, reason } of refusals) {
      const data = { secret, reader, method: 'fanotify-permission' as const, reason };
      turn.see({ type: 'secret.read-denied', at, data });
    }
  }

  deleted(turn: Turn, name: string, doer: Doer): void {
    if (!this.isOurs(name)) return;
    const secret = this.#items?.get(name);
    if (this.target.kind === 'directory') this.#items?.delete(name);
    if (this.#isOwnWipe(name, doer) || doer.isAgent) return;
    if (secret !== undefined && this.target.kind === 'directory') {
      const data = { secret, actor: doer.actor, method: doer.method };
      turn.see({ type: 'secret.unlinked', at: now(), data });
    }
    this.#change(turn, 'deleted', name, doer);
  }

  /** Tells whether it was the image that appeared, so that the caller can mark it. */
  created(turn: Turn, name: string, doer: Doer): boolean {
    if (!this.isOurs(name)) return false;
    this.#change(turn, 'created', name, doer);
    return this.target.kind === 'file';
  }

  modified(turn: Turn, doer: Doer): void {
    if (!doer.isAgent) this.#change(turn, 'modified', null, doer);
  }

  /** The target itself is gone, and its marks with it. */
  lost(turn: Turn): void {
    turn.miss(this.source, 'mark-lost', null, { isOver: false });
    this.#change(turn, 'watch-lost', null, { actor: null, isAgent: false, method: 'inotify' });
  }

  /** Somebody else who is known was faster than the agent: then it was not the agent's wipe. */
  #isOwnWipe(name: string, doer: Doer): boolean {
    if (!doer.isAgent && doer.actor !== null) return false;
    const until = this.#expectedWipes.get(name) ?? 0;
    this.#expectedWipes.delete(name);
    return performance.now() < until;
  }

  /** Of an image's directory only the image's own name matters. */
  isOurs(name: string): boolean {
    return this.target.kind === 'directory' || name === basename(this.target.path);
  }

  #change(turn: Turn, what: SourceChange['what'], name: string | null, doer: Doer): void {
    const shown = this.target.kind === 'directory' ? name : null;
    const { actor, method } = doer;
    turn.changes.push({ source: this.source, what, name: shown, actor, method });
  }

  /** Null until the image was parsed for the first time. */
  #allSecrets(): SecretRef[] | null {
    return this.#items === null ? null : [...this.#items.values()];
  }

  /** A name that the main thread did not list yet is a secret all the same. */
  #secretNamed(name: string | null): SecretRef[] | null {
    const known = this.#items?.get(name ?? '');
    if (known !== undefined) return [known];
    const fitting = bounded(name, nameMax);
    if (fitting === null || fitting === '') return null;
    const guid = isGuid(fitting) ? fitting : null;
    return [{ source: this.source, name: fitting, guid }];
  }
}
