import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { EventEntry, EventType } from '@vestige/contract';
import { describe, expect, it } from 'vitest';

import { canonicalJson } from '../canonical-json.ts';
import { decodeEntry } from '../entry.ts';

const entries = readFileSync(join(import.meta.dirname, 'v1.ndjson'), 'utf8')
  .trimEnd()
  .split('\n');

describe('entries of version 1', () => {
  it('are here for every event type', () => {
    const types = new Set(entries.map((entry) => decodeEntry(Buffer.from(entry)).type));
    expect(EventType.options.filter((type) => !types.has(type))).toEqual([]);
  });

  it.each(entries.map((entry) => [decodeEntry(Buffer.from(entry)).type, entry]))(
    'are understood for ever: %s',
    (_type, entry) => {
      const event = decodeEntry(Buffer.from(entry));
      expect(EventEntry.parse(event)).toEqual(event);
      expect(canonicalJson(event)).toBe(entry);
    },
  );

  it('are told apart from versions that are not known', () => {
    expect(() => decodeEntry(Buffer.from('{"v":2}'))).toThrow(
      expect.objectContaining({ code: 'unknown-version' }),
    );
  });
});
