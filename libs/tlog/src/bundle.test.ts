import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeBundle, encodeBundle, entryBytesMax } from './bundle.ts';
import { codeOf } from './testing/code-of.ts';

const entries = fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 20 });

describe('an entry bundle', () => {
  it('puts a big-endian uint16 before each entry', () => {
    const bundle = encodeBundle([Buffer.from('ab'), Buffer.of(), Buffer.alloc(258, 7)]);
    expect(Buffer.from(bundle.subarray(0, 8)).toString('hex')).toBe('0002616200000102');
    expect(bundle).toHaveLength(2 + 2 + 2 + 2 + 258);
  });

  it('gives the exact entries back', () => {
    fc.assert(
      fc.property(entries, (given) => {
        const read = decodeBundle(encodeBundle(given), given.length);
        expect(read.map((entry) => Buffer.from(entry))).toEqual(given.map((e) => Buffer.from(e)));
      }),
    );
  });

  it('holds 256 entries of 65535 bytes, and no more of either', () => {
    const longest = Buffer.alloc(entryBytesMax, 1);
    expect(decodeBundle(encodeBundle([longest]), 1)[0]).toHaveLength(entryBytesMax);
    expect(codeOf(() => encodeBundle([Buffer.alloc(entryBytesMax + 1)]))).toBe('entry-too-large');
    const many = Array.from({ length: 257 }, () => Buffer.of());
    expect(codeOf(() => encodeBundle(many))).toBe('entry-too-large');
    expect(decodeBundle(encodeBundle(many.slice(1)), 256)).toHaveLength(256);
  });

  it('is refused where cut short, longer, or of another width', () => {
    fc.assert(
      fc.property(entries, fc.nat(), (given, some) => {
        fc.pre(given.length > 0);
        const bundle = encodeBundle(given);
        const code = (bytes: Uint8Array, width = given.length) =>
          codeOf(() => decodeBundle(bytes, width));
        expect(code(bundle.subarray(0, some % bundle.length))).toBe('malformed-bundle');
        expect(code(Buffer.concat([bundle, Buffer.of(0)]))).toBe('malformed-bundle');
        expect(code(bundle, given.length - 1)).toBe('malformed-bundle');
        expect(code(bundle, given.length + 1)).toBe('malformed-bundle');
      }),
    );
  });

  it('is a result or a refusal, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat({ max: 256 }), (bytes, width) => {
        const code = codeOf(() => decodeBundle(bytes, width));
        expect([null, 'malformed-bundle']).toContain(code);
      }),
    );
  });
});
