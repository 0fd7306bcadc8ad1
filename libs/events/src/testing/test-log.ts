import { inject } from 'vitest';

import type { Log, LogOptions } from '../log.ts';
import { openLog } from '../open-log.ts';
import { newDatabase } from './postgres-database.ts';

/** Whether the tests were given a PostgreSQL server. */
export function isOnServer(): boolean {
  // Absent in the projects that have none.
  return (inject('postgres') as unknown) !== undefined;
}

/**
 * A log for one test: in memory, or, where the tests are given a PostgreSQL server, in a database of its own there. So the
 * same tests hold for both.
 */
export async function openTestLog(options: Omit<LogOptions, 'file'> = {}): Promise<Log> {
  if (!isOnServer()) return openLog({ file: ':memory:', ...options });
  const database = await newDatabase();
  const log = await openLog({ file: database.url, ...options });
  const close = async (): Promise<void> => {
    await log.close();
    await database.drop();
  };
  return { ...log, close };
}
