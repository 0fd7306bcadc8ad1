import type { Policy, Reader, ReaderRule } from '@vestige/contract';

/** What a reader is judged by: the part of it that a rule can speak of. */
export type Judged = Pick<Reader, 'exe' | 'uid' | 'unit'>;

/**
 * Why a policy refuses a read; null where it allows it. `readsSoFar` are those of this boot, without this one. What is not
 * known of a reader fits no rule: a policy that names its readers refuses one whom nobody knows.
 */
export function judgeReader(
  policy: Policy,
  reader: Judged | null,
  readsSoFar: number,
): string | null {
  const { allow, maxReads, wipeAfterReads } = policy;
  if (allow !== null && !allow.some((rule) => fits(rule, reader)))
    return 'The policy does not name this reader.';
  if (maxReads !== null && readsSoFar >= maxReads)
    return `The policy allows ${maxReads} reads in a boot, which there were.`;
  // The wipe waits until the last reader is done, and nobody else gains by that.
  if (wipeAfterReads !== null && readsSoFar >= wipeAfterReads)
    return `It is wiped after ${wipeAfterReads} reads, which there were.`;
  return null;
}

/** Everything that the rule says must hold. */
function fits(rule: ReaderRule, reader: Judged | null): boolean {
  if (reader === null) return false;
  const { exe, uid, unit } = rule;
  const isSilent = exe === undefined && uid === undefined && unit === undefined;
  return (
    !isSilent &&
    (exe === undefined || exe === reader.exe) &&
    (uid === undefined || uid === reader.uid) &&
    (unit === undefined || unit === reader.unit)
  );
}
