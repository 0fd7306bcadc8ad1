import { SecretAreaError, type SecretAreaErrorCode } from '@vestige/secret-area';
import { CommanderError } from 'commander';

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
  return systemExitCode(error);
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
