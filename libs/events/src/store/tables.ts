import type { NewRow } from './rows.ts';

/** A stored entry with its place. */
export interface StoredEntry {
  readonly position: number;
  readonly entry: Uint8Array;
}

/** What an embedded store needs of a database: synchronous, so that nothing comes between its steps. */
export interface Tables {
  /** All of it or nothing; durable when it returns. */
  transaction<T>(work: () => T): T;
  size(): number;
  setSize(size: number): void;
  /** False where the id is known, and nothing is stored. */
  insert(position: number, row: NewRow): boolean;
  positionOf(id: string): number | null;
  /** The position of the stream's last event; -1 where it has none. */
  lastPosition(stream: string): number;
  readStream(stream: string, from: number, limit: number): StoredEntry[];
  entry(position: number): Uint8Array | null;
  entries(from: number, limit: number): Uint8Array[];
  close(): void;
}
