import { CreateAccess1795400000000 } from './migrations.ts';
import {
  ApiTokens,
  EnrolmentTokens,
  EnrolmentUses,
  Operators,
  Sessions,
  SetUpLinks,
} from './tables.ts';

/**
 * People, sessions and tokens, in the log's own file. Only `insert`, `update` and `delete` are used on them, each its own
 * statement: on SQLite all of TypeORM shares one connection, so that a transaction would take in the statements of others.
 */
export const accessStore = {
  entities: [Operators, Sessions, ApiTokens, EnrolmentTokens, EnrolmentUses, SetUpLinks],
  migrations: [CreateAccess1795400000000],
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
