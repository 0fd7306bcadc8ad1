import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decodeGuid, encodeGuid, guidBytes, guidTexts, normaliseGuid, wordsOf } from './guid.ts';
import { numberedGuid } from './testing/raw-area.ts';

describe('GUID', () => {
  it.each([
    ['1e74f542-71dd-4d66-963e-ef4287ff173b', '42f5741edd71664d963eef4287ff173b'],
    ['736869e5-84f0-4973-92ec-06879ce3da0b', 'e5696873f084734992ec06879ce3da0b'],
    ['e6f5a162-d67f-4750-a67c-5d065f2a9910', '62a1f5e67fd65047a67c5d065f2a9910'],
    ['adf956ad-e98c-484c-ae11-b51c7d336447', 'ad56f9ad8ce94c48ae11b51c7d336447'],
  ])('lies in mixed byte order in memory: %s', (text, hex) => {
    expect(Buffer.from(encodeGuid(text)).toString('hex')).toBe(hex);
    expect(decodeGuid(Buffer.from(hex, 'hex'))).toBe(text);
  });

  it('survives both ways for any 16 bytes', () => {
    const anyGuid = fc.uint8Array({ minLength: guidBytes, maxLength: guidBytes });
    fc.assert(
      fc.property(anyGuid, (bytes) => {
        expect(encodeGuid(decodeGuid(bytes))).toEqual(bytes);
      }),
    );
  });

  it.each([0, 1, 64, 65, 200])('is spelled the same among %i as alone', (count) => {
    const texts = Array.from({ length: count }, (_, n) => numberedGuid(n));
    expect(guidTexts(texts.map(wordsOf))).toEqual(texts);
  });

  it('is lower case, as Linux names its files', () => {
    expect(normaliseGuid('736869E5-84F0-4973-92EC-06879CE3DA0B')).toBe(
      '736869e5-84f0-4973-92ec-06879ce3da0b',
    );
  });

  it.each([
    '',
    '736869e5',
    '736869e584f0497392ec06879ce3da0b',
    '{736869e5-84f0-4973-92ec-06879ce3da0b}',
    'g36869e5-84f0-4973-92ec-06879ce3da0b',
    '736869e5-84f0-4973-92ec-06879ce3da0b\n',
  ])('refuses %j', (text) => {
    expect(() => encodeGuid(text)).toThrow(expect.objectContaining({ code: 'malformed-guid' }));
  });
});
