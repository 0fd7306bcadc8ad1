import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { buildAnswer, fan, parseFanotifyEvents } from './fanotify.ts';

/** As Linux 6.18 wrote them. */
const twoReads =
  '180000000300180000000200000000002c0000005d100000180000000300180000000200000000002d0000005d100000';
const deletion =
  '38000000030018000002000000000000ffffffff5d10000002002000067de6a97422203408000000010000001bc020009a49fc3561000000';
const overflow = '18000000030018000040000000000000ffffffff00000000';

function isReadOrRefused(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    return error instanceof RangeError;
  }
}

describe('parseFanotifyEvents', () => {
  it('gives each held read with its descriptor and process', () => {
    expect(parseFanotifyEvents(Buffer.from(twoReads, 'hex'))).toEqual([
      { mask: fan.accessPermission, fd: 0x2c, pid: 0x105d, name: null },
      { mask: fan.accessPermission, fd: 0x2d, pid: 0x105d, name: null },
    ]);
  });

  it('gives the name of what was deleted', () => {
    expect(parseFanotifyEvents(Buffer.from(deletion + deletion, 'hex'))).toEqual([
      { mask: fan.delete, fd: -1, pid: 0x105d, name: 'a' },
      { mask: fan.delete, fd: -1, pid: 0x105d, name: 'a' },
    ]);
  });

  it('gives an overflow without descriptor', () => {
    const [event] = parseFanotifyEvents(Buffer.from(overflow, 'hex'));
    expect(event).toEqual({ mask: fan.queueOverflow, fd: -1, pid: 0, name: null });
  });

  it('passes over information that it does not know', () => {
    const bytes = Buffer.from(deletion, 'hex');
    bytes.writeUInt8(99, 24);
    expect(parseFanotifyEvents(bytes)[0]).toMatchObject({ mask: fan.delete, name: null });
  });

  it('refuses another version of the interface', () => {
    const bytes = Buffer.from(twoReads, 'hex');
    bytes.writeUInt8(4, 4);
    expect(() => parseFanotifyEvents(bytes)).toThrow(RangeError);
  });

  it('ends with events or a RangeError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, isPatched) => {
        const bytes = Buffer.from(noise);
        if (isPatched && bytes.length >= 24)
          bytes.set(Buffer.from(deletion, 'hex').subarray(1, 8), 1);
        expect(isReadOrRefused(() => parseFanotifyEvents(bytes))).toBe(true);
      }),
    );
  });
});

describe('buildAnswer', () => {
  it('names the event by its descriptor and allows or denies it', () => {
    expect(buildAnswer(0x2c, false).toString('hex')).toBe('2c00000001000000');
    expect(buildAnswer(0x2c, true).toString('hex')).toBe('2c00000002000000');
  });
});
