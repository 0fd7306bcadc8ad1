import { columns } from '../table/columns.ts';
import { keyIdText, type SignedCheckpoint } from './keys.ts';
import type { VerifiedLog } from './verify-archive.ts';

/** What a checkpoint says, for people and programs. */
export interface CheckpointReport {
  origin: string;
  size: number;
  root: string;
  signedBy: { name: string; id: string }[];
}

export interface LogReport extends CheckpointReport {
  verified: true;
  /** The position of the first entry that was hashed; the last one is `size` - 1. */
  from: number;
  entries: number;
  firstRecorded: string | null;
  lastRecorded: string | null;
  /** The size of the earlier checkpoint that the log was shown to continue. */
  since: number | null;
  /** How many entries the running service has, those without a checkpoint included. */
  logSize?: number;
}

export function checkpointReport(checkpoint: SignedCheckpoint): CheckpointReport {
  const { origin, size, root, signedBy } = checkpoint;
  return {
    origin,
    size,
    root: Buffer.from(root).toString('base64'),
    signedBy: signedBy.map(({ name, keyId }) => ({ name, id: keyIdText(keyId) })),
  };
}

export function logReport(verified: VerifiedLog, logSize?: number): LogReport {
  const { checkpoint, from, firstRecorded, lastRecorded, since } = verified;
  return {
    verified: true,
    from,
    entries: checkpoint.size - from,
    ...checkpointReport(checkpoint),
    firstRecorded,
    lastRecorded,
    since,
    ...(logSize === undefined ? {} : { logSize }),
  };
}

export function describeCheckpoint(report: CheckpointReport): string[] {
  const { origin, size, root, signedBy } = report;
  return columns([
    ['log', origin],
    ['size', String(size)],
    ['root', root],
    ...signedBy.map(({ name, id }) => ['signed by', `${name} (${id})`]),
  ]);
}

export function describeLog(report: LogReport): string[] {
  const { entries, from, size, firstRecorded, lastRecorded, since } = report;
  return [
    `verified: ${entries} entries hashed, ${positions(from, size)}`,
    ...describeCheckpoint(report),
    ...(entries === 0
      ? []
      : [`recorded from ${firstRecorded ?? '(unknown)'} to ${lastRecorded ?? '(unknown)'}`]),
    ...(since === null ? [] : [`continues the checkpoint of size ${since}`]),
    ...describeCoverage(report),
  ];
}

/** Which positions of a running service nobody can verify yet. */
function describeCoverage({ size, logSize }: LogReport): string[] {
  if (logSize === undefined) return [];
  const covered = size === 0 ? 'no position is' : `${positions(0, size)} are`;
  return [`${covered} covered by the checkpoint; ${uncovered(size, logSize)}`];
}

function uncovered(size: number, logSize: number): string {
  const last = logSize - 1;
  if (logSize === size) return 'there are no others';
  if (last === size) return `${last} is not yet`;
  return `${size} ${last === size + 1 ? 'and' : 'to'} ${last} are not yet`;
}

function positions(from: number, end: number): string {
  return end === from ? 'no positions' : `positions ${from} to ${end - 1}`;
}
