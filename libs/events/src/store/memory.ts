import { EmbeddedStore } from './embedded-store.ts';
import type { NewRow } from './rows.ts';
import type { EventStore } from './store.ts';
import type { StoredEntry, Tables } from './tables.ts';

/** A log that lives as long as its process: for tests and for trying things out. */
export function openMemoryStore(clock?: () => Date): EventStore {
  return new EmbeddedStore(new MemoryTables(), clock);
}

export class MemoryTables implements Tables {
  #rows: NewRow[] = [];
  #positions = new Map<string, number>();
  #size = 0;

  transaction<T>(work: () => T): T {
    const size = this.#size;
    try {
      return work();
    } catch (error) {
      for (const { id } of this.#rows.splice(size)) this.#positions.delete(id);
      this.#size = size;
      throw error;
    }
  }

  size(): number {
    return this.#size;
  }

  setSize(size: number): void {
    this.#size = size;
  }

  insert(position: number, row: NewRow): boolean {
    if (this.#positions.has(row.id)) return false;
    this.#rows[position] = { ...row, entry: Buffer.from(row.entry) };
    this.#positions.set(row.id, position);
    return true;
  }

  positionOf(id: string): number | null {
    return this.#positions.get(id) ?? null;
  }

  lastPosition(stream: string): number {
    return this.#rows.findLastIndex((row) => row.stream === stream);
  }

  readStream(stream: string, from: number, limit: number): StoredEntry[] {
    return this.#rows
      .map(({ entry, ...row }, position) => ({ position, entry, stream: row.stream }))
      .filter((row) => row.stream === stream && row.position >= from)
      .slice(0, limit);
  }

  entry(position: number): Uint8Array | null {
    const row = this.#rows[position];
    return row === undefined ? null : Uint8Array.from(row.entry);
  }

  entries(from: number, limit: number): Uint8Array[] {
    return this.#rows.slice(from, from + limit).map(({ entry }) => Uint8Array.from(entry));
  }

  close(): void {
    this.#rows = [];
    this.#positions = new Map();
    this.#size = 0;
  }
}
