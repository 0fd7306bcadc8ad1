import type { SecretRef, SourceReport } from '@vestige/contract';

import { causeOf, oneLine } from '../agent-error.ts';
import type { BootLedger } from '../ledger/boot-ledger.ts';
import type { Log } from '../log.ts';
import type { Observer, SourceChange, WatchResult } from '../observe/observer.ts';
import type { Records } from '../records.ts';
import { OwnAccesses } from './own-accesses.ts';
import {
  type Listing,
  type OwnAccess,
  secretKey,
  type SecretSource,
  sourceKey,
} from './secret-source.ts';

/**
 * How long a name must be missing before nobody is said to have been seen: a deletion that the observer saw is in the
 * journal by then.
 */
const vanishedAfterMilliseconds = 1000;

const detailMax = 300;

const notWatched = 'Not watched: listings are compared, reads are not seen.';

/** What one source's scans remember; everything that was told to anybody is in the ledger instead. */
interface Sight {
  readonly source: SecretSource;
  watch: WatchResult | null;
  watchProblem: string;
  identity: string | null;
  fingerprint: string | null;
  /** The last notice since the last scan. */
  change: SourceChange | null;
  /** What a scan did not find any more, and when that was first so. */
  readonly missing: Map<string, number>;
  readonly ownAccesses: OwnAccesses;
  isFirst: boolean;
}

export interface DiscoveryOptions {
  readonly observer: Observer;
  readonly records: Records;
  readonly ledger: BootLedger;
  readonly log: Log;
}

/** Compares what the sources list with what the journal says, and records the difference. */
export class Discovery {
  readonly #sights: Map<string, Sight>;
  readonly #observer: Observer;
  readonly #records: Records;
  readonly #ledger: BootLedger;
  readonly #log: Log;

  constructor(
    sources: readonly SecretSource[],
    { observer, records, ledger, log }: DiscoveryOptions,
  ) {
    this.#sights = new Map(sources.map((source) => [sourceKey(source.source), firstSight(source)]));
    this.#observer = observer;
    this.#records = records;
    this.#ledger = ledger;
    this.#log = log;
  }

  /** The source with this key, where the agent has it. */
  source(key: string): SecretSource | undefined {
    return this.#sights.get(key)?.source;
  }

  /** How a source's own openings of its files are kept from counting as reads. */
  ownAccess(key: string): OwnAccess {
    const sight = this.#sights.get(key);
    if (sight === undefined) return (open) => open();
    return sight.ownAccesses.under(sight.watch, sight.source, this.#observer);
  }

  /** Tells the observer, where there is one, that the agent is about to remove a secret's file itself. */
  async expectWipe({ source, name }: SecretRef): Promise<void> {
    const sight = this.#sights.get(sourceKey(source));
    if (sight?.watch == null || sight.source.watchKind !== 'directory') return;
    await this.#observer.expectWipe(sight.source.source, name);
  }

  notice(change: SourceChange): void {
    const sight = this.#sights.get(sourceKey(change.source));
    if (sight === undefined) return;
    // Who did it must not be lost to a later notice that does not tell.
    if (change.actor !== null || sight.change?.actor == null) sight.change = change;
    if (change.what === 'watch-lost') sight.watch = null;
  }

  /** Sources of an earlier start that this one does not watch any more. */
  async tellDropped(): Promise<void> {
    for (const [key, report] of this.#ledger.read().sources) {
      if (this.#sights.has(key) || report.method === 'none') continue;
      const detail = 'The agent was restarted without this source: it is not watched any more.';
      await this.#records.record('source.changed', { ...report, method: 'none', detail });
    }
  }

  async scan(): Promise<void> {
    for (const sight of this.#sights.values()) {
      const { change } = sight;
      try {
        await this.#scanOne(sight);
      } catch (error) {
        sight.fingerprint = null;
        sight.change ??= change;
        const { path } = sight.source.source;
        this.#log(`cannot look at ${path} now (${causeOf(error)}); trying again`);
      }
    }
  }

  async #scanOne(sight: Sight): Promise<void> {
    const fingerprint = await sight.source.fingerprint();
    const isSame = fingerprint !== null && fingerprint === sight.fingerprint;
    if (isSame && sight.change === null && sight.missing.size === 0) return;
    const change = sight.change;
    sight.change = null;
    const listing = await this.#listWatched(sight, change);
    await this.#report(sight, listing);
    await this.#recordAppeared(sight, listing, change);
    await this.#recordGone(sight, listing, change);
    sight.fingerprint = fingerprint;
    sight.isFirst = false;
  }

  /** The listing that counts is made under watch, so that nothing can happen between the two unseen. */
  async #listWatched(sight: Sight, change: SourceChange | null): Promise<Listing> {
    const ownAccess = this.ownAccess(sourceKey(sight.source.source));
    const listing = await sight.source.list(ownAccess);
    const isFollowed = sight.source.watchKind === 'file' && change?.what === 'created';
    const isOther = listing.identity !== sight.identity && !isFollowed;
    sight.identity = listing.identity;
    const isWatched = sight.watch !== null && !isOther;
    if (isWatched || !(await this.#watch(sight))) {
      await this.#setItems(sight, listing);
      return listing;
    }
    const watched = await sight.source.list(this.ownAccess(sourceKey(sight.source.source)));
    await this.#setItems(sight, watched);
    return watched;
  }

  /** Whether the source is watched now and was not before. */
  async #watch(sight: Sight): Promise<boolean> {
    const { source, watchKind: kind } = sight.source;
    const hadWatch = sight.watch !== null;
    sight.watch = null;
    sight.watchProblem = '';
    if (sight.identity === null) {
      if (hadWatch) await this.#observer.unwatch(source);
      return false;
    }
    if (kind === 'none') {
      sight.watchProblem = notWatched;
      return false;
    }
    try {
      sight.watch = await this.#observer.watch({ source, kind, path: source.path });
      return true;
    } catch (error) {
      sight.watchProblem = `Cannot be watched (${causeOf(error)}): reads are not seen.`;
      return false;
    }
  }

  async #setItems(sight: Sight, listing: Listing): Promise<void> {
    if (sight.watch === null) return;
    const items = listing.items.map(({ secret }) => secret);
    await this.#observer.setItems(sight.source.source, items);
  }

  async #report(sight: Sight, listing: Listing): Promise<void> {
    const report = reportOf(sight, listing);
    const known = this.#ledger.read().sources.get(sourceKey(report.source));
    if (known !== undefined && isSameReport(known, report)) return;
    const { kind, path } = report.source;
    this.#log(`${kind} at ${path}: ${report.condition}, watched by ${report.method}`);
    await this.#records.record(known ? 'source.changed' : 'source.found', report);
  }

  async #recordAppeared(
    sight: Sight,
    listing: Listing,
    change: SourceChange | null,
  ): Promise<void> {
    for (const { secret, dataLength, usage } of listing.items) {
      const known = this.#ledger.read().secrets.get(secretKey(secret));
      if (known?.isPresent === true) {
        if (!isReplaced(known.dataLength, dataLength)) continue;
        const lengths = `${known.dataLength} bytes before, ${dataLength} now`;
        await this.#recordReplaced(sight, secret, { change, lengths });
      }
      await this.#records.record('secret.discovered', { secret, dataLength, usage });
      this.#log(`discovered ${secret.name}`);
    }
  }

  /** Who wrote to an image is known where its change was seen; else nobody was, which is what vanished means. */
  async #recordReplaced(
    sight: Sight,
    secret: SecretRef,
    { change, lengths }: { change: SourceChange | null; lengths: string },
  ): Promise<void> {
    if (sight.source.watchKind === 'file' && change !== null)
      return this.#recordUnlinked(secret, change);
    const detail = `Replaced or rewritten, by whom was not seen: ${lengths}.`;
    await this.#records.record('secret.vanished', { secret, detail });
  }

  async #recordGone(sight: Sight, listing: Listing, change: SourceChange | null): Promise<void> {
    const listed = new Set(listing.items.map(({ secret }) => secretKey(secret)));
    for (const secret of this.#presentOf(sight)) {
      const key = secretKey(secret);
      if (listed.has(key)) sight.missing.delete(key);
      else if (!listing.isComplete) continue;
      else if (sight.source.watchKind === 'file' && change !== null)
        await this.#recordUnlinked(secret, change);
      else await this.#recordVanished(sight, secret, listing);
    }
    const present = new Set(this.#presentOf(sight).map(secretKey));
    for (const key of sight.missing.keys()) if (!present.has(key)) sight.missing.delete(key);
  }

  #presentOf(sight: Sight): SecretRef[] {
    const key = sourceKey(sight.source.source);
    return [...this.#ledger.read().secrets.values()]
      .filter(({ secret, isPresent }) => isPresent && sourceKey(secret.source) === key)
      .map(({ secret }) => secret);
  }

  /** An entry that is gone after somebody wrote to the image. Of a directory the observer records deletions itself. */
  async #recordUnlinked(secret: SecretRef, { actor, method }: SourceChange): Promise<void> {
    await this.#records.record('secret.unlinked', { secret, actor, method });
    this.#log(`${secret.name} was wiped by somebody else`);
  }

  async #recordVanished(sight: Sight, secret: SecretRef, listing: Listing): Promise<void> {
    const key = secretKey(secret);
    const since = sight.missing.get(key) ?? performance.now();
    sight.missing.set(key, since);
    const isOver = performance.now() - since >= vanishedAfterMilliseconds;
    if (!isOver && !sight.isFirst) return;
    const isAbsent = listing.condition === 'absent';
    const when = sight.isFirst ? 'Gone when the agent came back' : 'Gone, and nobody was seen';
    const detail = isAbsent ? `${when}: its source is absent.` : `${when}.`;
    await this.#records.record('secret.vanished', { secret, detail });
    this.#log(`${secret.name} vanished`);
  }
}

/** A file that was empty may have been listed while it was being written. */
function isReplaced(before: number | undefined, now: number | null): boolean {
  return before !== undefined && before !== 0 && now !== null && now !== before;
}

function firstSight(source: SecretSource): Sight {
  return {
    source,
    watch: null,
    watchProblem: '',
    identity: null,
    fingerprint: null,
    change: null,
    missing: new Map(),
    ownAccesses: new OwnAccesses(),
    isFirst: true,
  };
}

function reportOf({ source, watch, watchProblem }: Sight, listing: Listing): SourceReport {
  const unwatched = listing.identity === null ? 'none' : 'listing';
  const watching = watch === null || watch.detail === '' ? '' : `Watching: ${watch.detail}.`;
  const details = [listing.detail, watching, watchProblem].filter((detail) => detail !== '');
  return {
    source: source.source,
    condition: listing.condition,
    capabilities: [...listing.capabilities],
    method: watch?.method ?? unwatched,
    detail: oneLine(details.join(' '), detailMax),
  };
}

function isSameReport(a: SourceReport, b: SourceReport): boolean {
  return (
    a.condition === b.condition &&
    a.method === b.method &&
    a.detail === b.detail &&
    a.capabilities.join() === b.capabilities.join()
  );
}
