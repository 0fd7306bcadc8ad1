import { readFile, stat } from 'node:fs/promises';

import { AgentError, causeOf, errnoOf } from '../agent-error.ts';
import type { Log } from '../log.ts';
import { type SecretSource, unwatched } from '../source/secret-source.ts';
import { enrolmentGuid } from './enrolment-entry.ts';

export interface TokenOptions {
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
}

/** The token that somebody gave; null where nobody did, or the file that should hold it is not there. */
export async function findToken(
  { token, tokenFile }: TokenOptions,
  log: Log,
): Promise<string | null> {
  if (token !== undefined) return token.trim();
  if (tokenFile === undefined) return null;
  try {
    const { mode } = await stat(tokenFile);
    if ((mode & 0o004) !== 0)
      log(`--enrolment-token-file ${tokenFile} can be read by every user: chmod o-r it`);
    return (await readFile(tokenFile, 'utf8')).trim();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw new AgentError('usage', `--enrolment-token-file ${tokenFile}: ${causeOf(error)}`);
  }
}

export type EntryPlace = 'there' | 'may-come' | 'not-there';

/** Whether a source lists the enrolment entry, or may once it can be seen. */
export async function lookForEntry(sources: readonly SecretSource[]): Promise<EntryPlace> {
  const able = sources.filter(({ source }) => ['efi-secret', 'table'].includes(source.kind));
  const listings = await Promise.all(able.map((source) => source.list(unwatched)));
  const isThere = listings.some(({ items }) =>
    items.some(({ secret }) => secret.guid === enrolmentGuid),
  );
  if (isThere) return 'there';
  const isUnseen = listings.some(
    ({ condition, isComplete }) => condition === 'absent' || !isComplete,
  );
  return isUnseen ? 'may-come' : 'not-there';
}

export function notEnrolled({ tokenFile }: TokenOptions): AgentError {
  const missing = tokenFile === undefined ? '' : ` (${tokenFile} is not there)`;
  return new AgentError(
    'usage',
    `this guest is not enrolled: give --enrolment-token TOKEN or --enrolment-token-file FILE${missing}, or inject an entry ${enrolmentGuid}`,
  );
}
