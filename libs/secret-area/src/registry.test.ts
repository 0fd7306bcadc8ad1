import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { SecretAreaError } from './error.ts';
import { builtInRegistry, isStructure, knownUsage, parseRegistry } from './registry.ts';

const luksKey = '736869e5-84f0-4973-92ec-06879ce3da0b';
const own = '11111111-2222-4333-8444-555555555555';

describe('knownUsage', () => {
  it('tells the disk passphrase from its misprint in the kernel documentation', () => {
    expect(knownUsage(luksKey)).toMatch(/disk passphrase/);
    expect(knownUsage('736870E5-84F0-4973-92EC-06879CE3DA0B')).toMatch(/typo/);
  });

  it('knows nothing of any other GUID, nor of what is no entry', () => {
    expect(knownUsage('00000000-0000-0000-0000-000000000000')).toBeUndefined();
    const configurationTable = 'adf956ad-e98c-484c-ae11-b51c7d336447';
    expect(knownUsage(configurationTable)).toBeUndefined();
    expect(isStructure(configurationTable)).toBe(true);
  });
});

describe('the built-in registry', () => {
  it('has every GUID once, in lower case, with meaning, form and source', () => {
    const guids = builtInRegistry.guids.map(({ guid }) => guid);
    expect(new Set(guids).size).toBe(guids.length);
    for (const row of builtInRegistry.guids) {
      expect(row.guid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect([row.meaning, row.form, row.source].every((text) => text?.trim())).toBe(true);
    }
  });

  it('passes its own checks as a file', () => {
    const file = JSON.stringify({ guids: builtInRegistry.guids });
    expect(parseRegistry(file).guids).toEqual(builtInRegistry.guids);
  });
});

const file = (value: unknown) => JSON.stringify({ guids: [value] });

describe('parseRegistry', () => {
  const row = { guid: own.toUpperCase(), meaning: 'backup key' };

  it('adds to the built-in registry', () => {
    const registry = parseRegistry(file(row));
    expect(registry.usageOf(own)).toBe('backup key');
    expect(registry.usageOf(luksKey)).toMatch(/passphrase/);
    expect(registry.guids.at(-1)).toEqual({ guid: own, kind: 'usage', meaning: 'backup key' });
  });

  it('lets a file say more of a GUID than is built in', () => {
    const all = { guid: luksKey, meaning: 'ours', kind: 'example', form: 'raw', source: 'runbook' };
    const registry = parseRegistry(file(all));
    expect(registry.guids.filter(({ guid }) => guid === luksKey)).toEqual([all]);
    expect(registry.usageOf(luksKey)).toBe('ours');
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['null', 'null'],
    ['a text', '"guids"'],
    ['no list', '{"guids":{}}'],
    ['another property', '{"guids":[],"more":1}'],
    ['a row that is no object', file('x')],
    ['a row with another property', file({ ...row, data: 'x' })],
    ['no GUID', file({ meaning: 'x' })],
    ['a GUID that is none', file({ ...row, guid: 'luks-key' })],
    ['the null GUID', file({ ...row, guid: '00000000-0000-0000-0000-000000000000' })],
    ['no meaning', file({ guid: own })],
    ['an empty meaning', file({ ...row, meaning: '' })],
    ['a meaning that is too long', file({ ...row, meaning: 'x'.repeat(201) })],
    ['control characters', file({ ...row, form: 'a\u001b[2Jb' })],
    ['an unknown kind', file({ ...row, kind: 'secret' })],
    ['a source that is a number', file({ ...row, source: 1 })],
    ['more than 1 MiB', ' '.repeat(1024 * 1024 + 1)],
  ])('refuses %s', (_name, json) => {
    expect(() => parseRegistry(json)).toThrow(
      expect.objectContaining({ code: 'malformed-registry' }),
    );
  });

  it('gives a registry or a SecretAreaError for any JSON', () => {
    const rows = fc.array(
      fc.dictionary(fc.constantFrom('guid', 'meaning', 'kind'), fc.jsonValue()),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          rows.map((guids) => JSON.stringify({ guids })),
        ),
        (json) => {
          let refused: unknown = null;
          try {
            parseRegistry(json);
          } catch (error) {
            refused = error;
          }
          expect(refused === null || refused instanceof SecretAreaError).toBe(true);
        },
      ),
    );
  });
});
