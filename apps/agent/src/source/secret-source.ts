import type {
  Capability,
  SecretRef,
  Source,
  SourceCondition,
  WipeEvidence,
  WipeFailure,
} from '@vestige/contract';

/** A secret as its source lists it. */
export interface Item {
  readonly secret: SecretRef;
  /** Bytes of data; null where only reading would tell. */
  readonly dataLength: number | null;
  readonly usage: string | null;
}

/**
 * Most secrets of one source. The kernel shows 64; without a bound, whoever may create files there could drown the journal.
 */
export const itemsMax = 4096;

/** How many secrets are wiped side by side: as many as the kernel shows, each with some descriptors open meanwhile. */
export const wipesAtOnceMax = 64;

export interface Listing {
  readonly condition: SourceCondition;
  readonly capabilities: Capability[];
  /** Why the condition is what it is; empty where nothing needs saying. */
  readonly detail: string;
  readonly items: readonly Item[];
  /** False where not all could be listed: what is not among the items may be there all the same. */
  readonly isComplete: boolean;
  /** Names the directory or file that is there now; another one needs another watch. Null where there is none. */
  readonly identity: string | null;
}

export type WipeResult =
  | { readonly wiped: true; readonly evidence: WipeEvidence }
  | { readonly wiped: false; readonly reason: WipeFailure; readonly detail: string };

/**
 * Runs one opening of a watched file by the agent itself, as a watcher that cannot tell who would take it for a reader.
 * One opening at a time: a second one counts as somebody else's.
 */
export type OwnAccess = <T>(open: () => Promise<T>) => Promise<T>;

/** For where nobody watches. */
export const unwatched: OwnAccess = (open) => open();

/** A place where the platform shows secrets: says what is there without reading it, and wipes one item. */
export interface SecretSource {
  readonly source: Source;
  /** `none` where only listings are compared: there is nothing to hold, or watching would be in everybody's way. */
  readonly watchKind: 'directory' | 'file' | 'none';
  /** A cheap text that changes when a listing might; null asks for a listing each time. */
  fingerprint(): Promise<string | null>;
  list(ownAccess: OwnAccess): Promise<Listing>;
  wipe(secret: SecretRef, ownAccess: OwnAccess): Promise<WipeResult>;
}

export function refused(detail: string): WipeResult {
  return { wiped: false, reason: 'refused', detail };
}

export function alreadyGone(detail: string): WipeResult {
  return { wiped: false, reason: 'already-gone', detail };
}

/** One text for one source. */
export function sourceKey(source: Source): string {
  return `${source.kind}:${source.path}`;
}

/** One text for one secret of a boot. */
export function secretKey(secret: SecretRef): string {
  return `${sourceKey(secret.source)}|${secret.name}`;
}
