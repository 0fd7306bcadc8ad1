import type { Database, Statement } from 'better-sqlite3';
import { NEVER } from 'rxjs';

import type { Writer } from '../store/writer.ts';
import type { FollowerDatabase, Positions, Reacted, Shadow } from './follower-database.ts';
import { type Followed, keyText, type Projection } from './projection.ts';
import { SqliteTable } from './sqlite-table.ts';
import type { Row, Table } from './table.ts';
import type { Key } from './view.ts';

export const treeSchema = `
CREATE TABLE IF NOT EXISTS tile (
  level INTEGER NOT NULL,
  n INTEGER NOT NULL,
  hashes BLOB NOT NULL,
  PRIMARY KEY (level, n)
) STRICT;
CREATE TABLE IF NOT EXISTS checkpoint (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  size INTEGER NOT NULL,
  note TEXT NOT NULL
) STRICT;
`;

/** So far a reactor may run ahead of what is kept of its position. */
const unkeptMax = 10_000;

/** Followers in the log's own SQLite file, which is this process's alone. */
export class SqliteFollowers implements FollowerDatabase {
  readonly movedElsewhere = NEVER;
  readonly #db: Database;
  readonly #writer: Writer;
  readonly #load: Statement<[string], number>;
  readonly #store: Statement<[string, number]>;
  readonly #tables = new Map<string, SqliteTable>();
  /** Where reactors are beyond what is kept. */
  readonly #unkept = new Map<string, number>();

  constructor(db: Database, writer: Writer) {
    this.#db = db;
    this.#writer = writer;
    this.#load = db
      .prepare<[string], number>('SELECT position FROM follower WHERE name = ?')
      .pluck();
    this.#store = db.prepare(
      "INSERT INTO follower (name, position, shape) VALUES (?, ?, '') ON CONFLICT (name) DO UPDATE SET position = excluded.position",
    );
  }

  async positions(names: readonly string[]): Promise<Positions> {
    return new Map(names.map((name) => [name, this.#position(name)]));
  }

  async advance(
    projections: readonly Projection[],
    read: (from: number) => Promise<readonly Followed[]>,
  ): Promise<void> {
    const batch = await read(Math.min(...projections.map(({ name }) => this.#position(name))));
    if (batch.length === 0) return;
    this.#writer.runDerived(() => {
      for (const projection of projections) this.#take(projection, batch);
    });
  }

  async hold(name: string, work: (position: number) => Promise<Reacted>): Promise<boolean> {
    const { position, isWorthKeeping } = await work(this.#position(name));
    const kept = this.#load.get(name) ?? 0;
    this.#unkept.set(name, position);
    if (isWorthKeeping || position - kept > unkeptMax)
      this.#writer.runDerived(() => void this.#store.run(name, position));
    return true;
  }

  async row(table: Table, key: Key): Promise<Row | undefined> {
    return this.#table(table).load(key);
  }

  async openShadow(projection: Projection): Promise<Shadow> {
    const table = `rebuilt_${projection.table.name}`;
    const shadow = projection.into(table);
    this.#drop(table);
    this.#writer.runDerived(() => createLike(this.#db, projection.table.name, table));
    return {
      fill: async (batch) => this.#writer.runDerived(() => this.#project(shadow, batch)),
      takePlace: async (position, size) => this.#takePlace(projection, table, position, size),
      close: async () => this.#drop(table),
    };
  }

  #takePlace({ name, table }: Projection, shadow: string, position: number, size: number): boolean {
    const at = this.#position(name);
    if (at > position && at <= size) return false;
    this.#writer.runDerived(() => {
      this.#db.exec(
        `DELETE FROM "${table.name}"; INSERT INTO "${table.name}" SELECT * FROM "${shadow}";`,
      );
      this.#store.run(name, position);
    });
    return true;
  }

  #drop(table: string): void {
    this.#tables.delete(table);
    this.#writer.runDerived(() => this.#db.exec(`DROP TABLE IF EXISTS "${table}"`));
  }

  /** The position is read in the transaction: what took its place meanwhile has taken some of these events. */
  #take(projection: Projection, batch: readonly Followed[]): void {
    const at = this.#position(projection.name);
    const news = batch.filter(({ position }) => position >= at);
    const last = news.at(-1);
    if (last === undefined) return;
    this.#project(projection, news);
    this.#store.run(projection.name, last.position + 1);
  }

  #project(projection: Projection, batch: readonly Followed[]): void {
    const table = this.#table(projection.table);
    const loaded = new Map(
      projection.keysOf(batch).map((key) => [keyText(key), table.load(key)] as const),
    );
    for (const written of projection.project(batch, (key) => loaded.get(keyText(key)))) {
      const target = this.#table(written.table);
      for (const row of written.rows) target.store(row);
    }
  }

  #position(name: string): number {
    return Math.max(this.#load.get(name) ?? 0, this.#unkept.get(name) ?? 0);
  }

  #table(table: Table): SqliteTable {
    let known = this.#tables.get(table.name);
    if (known === undefined)
      this.#tables.set(table.name, (known = new SqliteTable(this.#db, table)));
    return known;
  }
}

function createLike(db: Database, table: string, shadow: string): void {
  const sql = db
    .prepare<[string], string>("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?")
    .pluck()
    .get(table)!;
  db.exec(sql.replace(table, shadow));
}
