import type { Database, Statement } from 'better-sqlite3';

/** How far a follower has come, beside what it has made. */
export class FollowerPosition {
  readonly #name: string;
  readonly #load: Statement<[string], number>;
  readonly #store: Statement<[string, number]>;

  constructor(db: Database, name: string) {
    this.#name = name;
    this.#load = db
      .prepare<[string], number>('SELECT position FROM follower WHERE name = ?')
      .pluck();
    this.#store = db.prepare(
      "INSERT INTO follower (name, position, shape) VALUES (?, ?, '') ON CONFLICT (name) DO UPDATE SET position = excluded.position",
    );
  }

  load(): number {
    return this.#load.get(this.#name) ?? 0;
  }

  store(position: number): void {
    this.#store.run(this.#name, position);
  }
}
