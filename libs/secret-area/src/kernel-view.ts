import type { Finds } from './finds.ts';
import { filesMax } from './layout.ts';
import type { Entry, KernelView } from './table.ts';
import type { Walk } from './walk.ts';

/** What Linux meets in a table. All or nothing: one refused entry takes the whole directory with it. */
export interface Verdict {
  error: KernelView['error'];
  /** How many of the entries it looks at before it stops. */
  lookedAt: number;
}

export function verdictOf(walk: Walk): Verdict {
  if (walk.tableLength > walk.areaSize) return { error: 'EINVAL', lookedAt: 0 };
  const { found } = walk;
  const filter = emptyFilter.slice();
  let files = 0;
  let at = 0;
  // Linux: after the 64th file nothing more is looked at.
  for (; at < found.count && files < filesMax; at += 1) {
    // Linux: a null GUID is skipped whatever its data and does not count towards the 64.
    if (found.isNullAt(at)) continue;
    // Linux: a second file of the same name cannot be created, and what was created so far is removed.
    const isDuplicate = isLikelySeen(filter, found.mixedAt(at)) && isSeen(found, at);
    if (isDuplicate) return { error: 'EEXIST', lookedAt: at };
    files += 1;
  }
  // Linux: an impossible length among the entries looked at corrupts the area.
  const error = walk.flaw !== null && files < filesMax ? 'EINVAL' : null;
  return { error, lookedAt: at };
}

/** `entries` are those of the walk, spelled out. */
export function viewAsKernel(
  walk: Walk,
  entries: readonly Entry[],
  { error, lookedAt }: Verdict,
): KernelView {
  const directory = walk.isPopulated && error === null;
  const files = entries.slice(0, lookedAt).filter(({ state }) => state === 'live');
  return { directory, visible: directory ? files.map(({ guid }) => guid) : [], error };
}

/** 2048 bits: 64 GUIDs seldom share one, and only those that do are compared. */
const emptyFilter: readonly number[] = Array.from({ length: 64 }, () => 0);

function isLikelySeen(filter: number[], mixed: number): boolean {
  const slot = mixed ^ (mixed >>> 11) ^ (mixed >>> 22);
  const word = (slot >>> 5) & 63;
  const bit = 1 << (slot & 31);
  const seen = (filter[word]! & bit) !== 0;
  filter[word]! |= bit;
  return seen;
}

function isSeen(found: Finds, at: number): boolean {
  const entry = found.at(at);
  for (let before = 0; before < at; before += 1) {
    if (found.hasGuid(before, entry)) return true;
  }
  return false;
}
