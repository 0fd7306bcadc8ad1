import {
  CreateAccess1795400000000,
  KeepJoinStates1795694400000,
  ShareContacts1795698000000,
} from './migrations.ts';
import {
  ApiTokens,
  EnrolmentTokens,
  EnrolmentUses,
  JoinStates,
  Operators,
  Sessions,
  SetUpLinks,
} from './tables.ts';

/**
 * People, sessions, tokens and join states, in the log's own file. No transactions are used on them, only single
 * statements: on SQLite all of TypeORM shares one connection, so that a transaction would take in the statements of others.
 */
export const accessStore = {
  entities: [
    Operators,
    Sessions,
    ApiTokens,
    EnrolmentTokens,
    EnrolmentUses,
    SetUpLinks,
    JoinStates,
  ],
  migrations: [CreateAccess1795400000000, KeepJoinStates1795694400000, ShareContacts1795698000000],
} as const;

/** PostgreSQL, appendix A: unique_violation. */
const uniqueViolation = '23505';

/** Whether a statement failed because a row of that key is there already. */
export function isTaken(error: unknown): boolean {
  const code =
    error instanceof Error && 'driverError' in error
      ? (error.driverError as { code?: unknown }).code
      : undefined;
  return code === uniqueViolation || String(code).startsWith('SQLITE_CONSTRAINT');
}
