import { filesMax } from './layout.ts';
import type { Entry, KernelView } from './table.ts';

/** Linux makes no directory: without a complaint where there is no table, with an error where it refuses the area. */
export function noDirectory(error: KernelView['error']): KernelView {
  return { directory: false, visible: [], error };
}

/**
 * What Linux shows of a table whose header it accepts. `breaksOff` says that an impossible length follows the entries.
 * All or nothing: one refused entry takes the whole directory with it.
 */
export function viewAsKernel(entries: readonly Entry[], breaksOff: boolean): KernelView {
  const visible = new Set<string>();
  for (const entry of entries) {
    // Linux: after the 64th file nothing more is looked at.
    if (visible.size === filesMax) break;
    // Linux: a null GUID is skipped whatever its data and does not count towards the 64.
    if (entry.state === 'deleted') continue;
    // Linux: a second file of the same name cannot be created, and what was created so far is removed.
    if (visible.has(entry.guid)) return noDirectory('EEXIST');
    visible.add(entry.guid);
  }
  // Linux: an impossible length among the entries looked at corrupts the area.
  if (breaksOff && visible.size < filesMax) return noDirectory('EINVAL');
  return { directory: true, visible: [...visible], error: null };
}
