import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { SecretRef } from '@vestige/contract';
import { describe, expect, it } from 'vitest';

import { type FoundNode, type OpenDiceNode, parseUnsignedLong } from './open-dice-node.ts';
import { openDice, openDicePaths } from './open-dice.ts';
import { unwatched } from './secret-source.ts';

const path = '/dev/open-dice0';
const secret: SecretRef = { source: { kind: 'open-dice', path }, name: 'open-dice0', guid: null };

/** Stands in for the driver: no plain file answers a read with its size, and a write with zeros all over. */
class DriverDouble implements OpenDiceNode {
  writes = 0;
  error: Error | null = null;
  found: FoundNode | null = { isOpenDice: true, isWorldReadable: false, identity: '1' };

  async look(): Promise<FoundNode | null> {
    return this.found;
  }

  async readSize(): Promise<number> {
    return 8192;
  }

  async writeOneByte(): Promise<void> {
    if (this.error !== null) throw this.error;
    this.writes += 1;
  }
}

describe('open-dice, over a double of its driver', () => {
  it('lists a node as one secret of the size that the driver tells', async () => {
    const { condition, items, capabilities } = await openDice(path, false, new DriverDouble()).list(
      unwatched,
    );
    expect(condition).toBe('populated');
    expect(items).toMatchObject([{ secret, dataLength: 8192 }]);
    expect(capabilities).toStrictEqual([
      'whole-source-wipe',
      'size-known-without-read',
      'dangerous',
    ]);
  });

  it('writes nothing to a node that nobody named', async () => {
    const driver = new DriverDouble();
    const result = await openDice(path, false, driver).wipe(secret, unwatched);
    expect(result).toMatchObject({ wiped: false, reason: 'refused' });
    expect(driver.writes).toBe(0);
  });

  it('writes once to a named one, and does not say that this was verified', async () => {
    const driver = new DriverDouble();
    const result = await openDice(path, true, driver).wipe(secret, unwatched);
    expect(result).toMatchObject({ wiped: false, reason: 'not-verified' });
    expect(driver.writes).toBe(1);
  });

  it('writes nothing for a secret of another name, or to a device of another driver', async () => {
    const driver = new DriverDouble();
    const other = { ...secret, name: 'open-dice1' };
    expect(await openDice(path, true, driver).wipe(other, unwatched)).toMatchObject({
      reason: 'already-gone',
    });
    driver.found = { isOpenDice: false, isWorldReadable: false, identity: '1' };
    expect(await openDice(path, true, driver).wipe(secret, unwatched)).toMatchObject({
      reason: 'refused',
    });
    expect(driver.writes).toBe(0);
  });

  it('tells a write that the driver refused', async () => {
    const driver = new DriverDouble();
    driver.error = Object.assign(new Error('told to fail'), { code: 'EIO' });
    expect(await openDice(path, true, driver).wipe(secret, unwatched)).toMatchObject({
      reason: 'io-error',
    });
  });
});

describe('open-dice, over real files', () => {
  it('takes a plain file of that name for no device, and leaves it alone', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'vestige-dice-'));
    const file = join(directory, 'open-dice0');
    writeFileSync(file, 'not a device');
    expect(openDicePaths(directory)).toStrictEqual([file]);
    const source = openDice(file, true);
    expect(await source.list(unwatched)).toMatchObject({ condition: 'absent', items: [] });
    expect(await source.wipe(secret, unwatched)).toMatchObject({ reason: 'refused' });
    expect(readFileSync(file, 'utf8')).toBe('not a device');
    rmSync(directory, { recursive: true });
  });

  it('writes to no character device of another driver', async () => {
    const result = await openDice('/dev/full', true).wipe({ ...secret, name: 'full' }, unwatched);
    expect(result).toMatchObject({ reason: 'refused' });
  });

  it('shows the first node’s place as absent where there is none', async () => {
    expect(openDicePaths(mkdtempSync(join(tmpdir(), 'vestige-dice-')))).toStrictEqual([path]);
    expect((await openDice('/dev/no-open-dice', false).list(unwatched)).condition).toBe('absent');
  });
});

describe('the size that the driver tells', () => {
  it('is as wide as the kernel’s word, in its byte order', () => {
    expect(parseUnsignedLong(Buffer.from([0, 32, 0, 0, 0, 0, 0, 0]), 'LE')).toBe(8192);
    expect(parseUnsignedLong(Buffer.from([0, 32, 0, 0]), 'LE')).toBe(8192);
    expect(parseUnsignedLong(Buffer.from([0, 0, 0, 0, 0, 0, 32, 0]), 'BE')).toBe(8192);
    expect(parseUnsignedLong(Buffer.from([0, 0, 32, 0]), 'BE')).toBe(8192);
    expect(() => parseUnsignedLong(Buffer.alloc(3))).toThrow('3 bytes');
    expect(() => parseUnsignedLong(Buffer.alloc(8, 255))).toThrow('too large');
  });
});
