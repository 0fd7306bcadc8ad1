import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Client } from 'pg';
import { inject } from 'vitest';

/** What the global set-up tells of the server that it runs for the tests. */
interface PostgresServer {
  readonly url: string;
  readonly binaries: string;
  readonly account: { readonly uid?: number; readonly gid?: number };
  readonly directory: string;
  readonly data: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    postgres: PostgresServer;
  }
}

/** An empty database of its own for a test. */
export interface TestDatabase {
  readonly url: string;
  /** Statements in it, past all that the program does. */
  execute(sql: string): Promise<void>;
  /** Ends whatever is still connected. */
  drop(): Promise<void>;
}

export async function newDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name}`);
  const url = new URL(inject('postgres').url);
  url.pathname = name;
  return {
    url: url.href,
    execute: (sql) => executeAt(url.href, sql),
    drop: () => onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** One statement on the server's own database. */
export async function onServer(sql: string): Promise<void> {
  await executeAt(inject('postgres').url, sql);
}

async function executeAt(url: string, sql: string): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** As if the power had failed, and was back at once. */
export async function crashAndRestartServer(): Promise<void> {
  const { binaries, account, data, directory } = inject('postgres');
  const log = join(directory, 'log');
  const args = ['-D', data, '-l', log, '-m', 'immediate', '-w', 'restart'];
  await promisify(execFile)(join(binaries, 'pg_ctl'), args, { ...account, cwd: directory });
}
