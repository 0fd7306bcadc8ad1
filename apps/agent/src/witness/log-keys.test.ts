import { generateKeyPair, verifierKeyOf } from '@vestige/tlog';
import { describe, expect, it } from 'vitest';

import { exitCodes } from '../agent-error.ts';
import { LogDouble } from '../testing/log-double.ts';
import { hasUnknownKey, logKeysMax, parseListing, parsePin, withKeys } from './log-keys.ts';

const log = new LogDouble().grow(1);
const [key = ''] = log.listed;
const witness = verifierKeyOf(log.signers[0]?.signerKey ?? '', 'cosignature');

describe('the key of a log', () => {
  it('is taken as it is shown', () => {
    expect(parsePin(` ${key}\n`)).toBe(key);
  });

  it.each([
    ['nothing', ''],
    ['words', 'trust me'],
    ['a signer key', log.signers[0]?.signerKey ?? ''],
    ['the key of a witness', witness],
    ['a changed key', key.replace('log.example', 'log.examplf')],
    ['two keys', `${key}\n${key}`],
  ])('is not %s, and that is a usage error', (_, text) => {
    expect(() => parsePin(text)).toThrow(
      expect.objectContaining({
        exitCode: exitCodes.usage,
        message: expect.stringContaining('--log-key') as string,
      }) as Error,
    );
  });

  it('is found in a listing among lines of other kinds', () => {
    expect(parseListing(`${key}\n${witness}\nnonsense\n`)).toStrictEqual([key]);
  });

  it('is looked for in no more than a bound of a listing', () => {
    expect(parseListing(`${key}\n`.repeat(100_000)).length).toBeLessThan(100);
  });

  it('is one of a bounded number: the first and the newest stay', () => {
    const many = Array.from({ length: 40 }, () => generateKeyPair('log.example').verifierKey);
    const kept = withKeys([key], many);
    expect(kept).toHaveLength(logKeysMax);
    expect([kept[0], kept.at(-1)]).toStrictEqual([key, many.at(-1)]);
  });

  it('is missed only where its name is that of a known one', () => {
    expect(hasUnknownKey(log.checkpoint(), [key])).toBe(false);
    expect(hasUnknownKey(log.checkpoint(), new LogDouble().listed)).toBe(true);
    expect(hasUnknownKey(log.checkpoint(), new LogDouble('x').listed)).toBe(false);
  });
});
