import { ProblemError, UnreachableError } from '@vestige/contract';
import { SecretAreaError, type SecretAreaErrorCode } from '@vestige/secret-area';
import { TlogError } from '@vestige/tlog';
import { CommanderError } from 'commander';

import { ArchiveError } from './log/archive-error.ts';

export const exitCodes = {
  fine: 0,
  /** The answer is no: not verified, corrupt, failed. */
  negative: 1,
  usage: 2,
  /** A file or a service that cannot be reached. */
  unreachable: 3,
  notAllowed: 4,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What the caller typed is wrong; the message says how to type it. */
export class UsageError extends Error {}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return exitCodes.usage;
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? exitCodes.fine : exitCodes.usage;
  }
  if (error instanceof SecretAreaError) {
    return requestCodes.has(error.code) ? exitCodes.usage : exitCodes.negative;
  }
  return answerExitCode(error) ?? systemExitCode(error);
}

/** What programs tell errors by, where they asked for JSON. */
export function errorCodeOf(error: unknown): string {
  if (error instanceof ProblemError) return error.problem.code;
  if (error instanceof SecretAreaError || isRefuted(error)) return error.code;
  return exitCodeNames[exitCodeOf(error)];
}

/** Somebody's claim about a log does not hold. */
export function isRefuted(error: unknown): error is TlogError | ArchiveError {
  return error instanceof TlogError || error instanceof ArchiveError;
}

const exitCodeNames: Record<ExitCode, string> = {
  0: 'fine',
  1: 'failed',
  2: 'usage',
  3: 'unreachable',
  4: 'not-allowed',
};

function answerExitCode(error: unknown): ExitCode | null {
  if (isRefuted(error)) return exitCodes.negative;
  if (error instanceof UnreachableError) return exitCodes.unreachable;
  if (!(error instanceof ProblemError)) return null;
  const { status, code } = error.problem;
  if (status === 401 || status === 403) return exitCodes.notAllowed;
  return code === 'invalid-request' ? exitCodes.usage : exitCodes.negative;
}

/** Refusals of what was asked for, as against of what was found. */
const requestCodes = new Set<SecretAreaErrorCode>([
  'malformed-guid',
  'null-guid',
  'duplicate-guid',
  'table-too-large',
  'not-a-file',
  'malformed-registry',
  'malformed-key',
  'malformed-measure',
  'packet-too-large',
]);

const notAllowedCodes = new Set(['EACCES', 'EPERM', 'EROFS']);
/** The file is there, and failed. */
const failedCodes = new Set(['EIO', 'ENOSPC', 'EDQUOT', 'EFBIG']);

function systemExitCode(error: unknown): ExitCode {
  if (!(error instanceof Error && 'code' in error)) return exitCodes.negative;
  const code = String(error.code);
  if (failedCodes.has(code)) return exitCodes.negative;
  return notAllowedCodes.has(code) ? exitCodes.notAllowed : exitCodes.unreachable;
}
