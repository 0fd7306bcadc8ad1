import { describe, expect, it } from 'vitest';

import { storeBehaviour } from './behaviour.ts';
import { MemoryTables, openMemoryStore } from './memory.ts';

storeBehaviour('memory store', async (clock) => openMemoryStore(clock));

describe('memory tables', () => {
  it('keep nothing of a transaction that fails', () => {
    const tables = new MemoryTables();
    const row = { id: 'a', stream: 'service', type: 'service.stopped', entry: Buffer.alloc(1) };
    const failing = (): never => {
      tables.insert(0, row);
      tables.setSize(1);
      throw new Error('no');
    };
    expect(() => tables.transaction(failing)).toThrow('no');
    expect([tables.size(), tables.positionOf('a'), tables.entry(0)]).toEqual([0, null, null]);
    expect(tables.insert(0, row)).toBe(true);
  });
});
