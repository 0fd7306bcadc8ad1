import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The tables of `tables.ts` as they are made. Forward only. */
export class CreateAccess1795400000000 implements MigrationInterface {
  readonly name = 'CreateAccess1795400000000';

  async up(runner: QueryRunner): Promise<void> {
    await run(runner, accessTables);
  }

  async down(): Promise<void> {
    throw forwardOnly();
  }
}

/** Of each guest that ever showed a join state. */
export class KeepJoinStates1795694400000 implements MigrationInterface {
  readonly name = 'KeepJoinStates1795694400000';

  async up(runner: QueryRunner): Promise<void> {
    await run(runner, [
      `CREATE TABLE join_state (guest TEXT PRIMARY KEY, current_hash TEXT NOT NULL, previous_hash TEXT NOT NULL,
        nonce TEXT NOT NULL, boot TEXT NOT NULL, through INTEGER NOT NULL) STRICT`,
    ]);
  }

  async down(): Promise<void> {
    throw forwardOnly();
  }
}

/** When replicas last heard from guests; they tell each other through it. */
export class ShareContacts1795698000000 implements MigrationInterface {
  readonly name = 'ShareContacts1795698000000';

  async up(runner: QueryRunner): Promise<void> {
    await run(runner, [
      `CREATE TABLE contact (guest TEXT PRIMARY KEY, heard_at INTEGER NOT NULL) STRICT`,
    ]);
  }

  async down(): Promise<void> {
    throw forwardOnly();
  }
}

async function run(runner: QueryRunner, statements: readonly string[]): Promise<void> {
  const isPostgres = runner.connection.options.type === 'postgres';
  for (const statement of statements)
    await runner.query(isPostgres ? inPostgres(statement) : statement);
}

function forwardOnly(): Error {
  return new Error('Migrations go forward only.');
}

/** Times are milliseconds since 1970, which need eight bytes; SQLite alone has to be told to mean its types. */
function inPostgres(statement: string): string {
  return statement.replaceAll(/_at INTEGER/g, '_at BIGINT').replace(/\) STRICT$/, ')');
}

const accessTables = [
  `CREATE TABLE operator (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL,
    password_hash TEXT, created_at INTEGER NOT NULL) STRICT`,
  `CREATE TABLE session (hash TEXT PRIMARY KEY, operator TEXT NOT NULL,
    opened_at INTEGER NOT NULL, used_at INTEGER NOT NULL) STRICT`,
  `CREATE TABLE api_token (hash TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    role TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT`,
  `CREATE TABLE enrolment_token (id TEXT PRIMARY KEY, hash TEXT NOT NULL, labels TEXT NOT NULL, uses INTEGER NOT NULL,
    issued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, revoked_at INTEGER) STRICT`,
  `CREATE INDEX enrolment_token_by_time ON enrolment_token (issued_at, id)`,
  `CREATE TABLE enrolment_use (token TEXT NOT NULL, k INTEGER NOT NULL, guest TEXT NOT NULL, public_key TEXT NOT NULL,
    PRIMARY KEY (token, k), UNIQUE (token, public_key)) STRICT`,
  `CREATE TABLE set_up_link (id INTEGER PRIMARY KEY, hash TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT`,
];
