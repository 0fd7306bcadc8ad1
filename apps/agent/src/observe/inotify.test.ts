import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { inotify, parseInotifyEvents } from './inotify.ts';

const guid = 'ca52112c-90eb-413b-9a70-4dc67d603d55';
const named = `30000000${Buffer.from(guid).toString('hex')}${'00'.repeat(12)}`;
/** As Linux 6.18 wrote them: a file of the directory was opened, read, closed and deleted, then the directory removed. */
const recorded = [
  `010000002000000000000000${named}`,
  `010000000100000000000000${named}`,
  `010000001000000000000000${named}`,
  `010000000002000000000000${named}`,
  '01000000000400000000000000000000',
].join('');

function isReadOrRefused(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    return error instanceof RangeError;
  }
}

describe('parseInotifyEvents', () => {
  it('gives each event with the name without its padding', () => {
    expect(parseInotifyEvents(Buffer.from(recorded, 'hex'))).toEqual([
      { watch: 1, mask: inotify.open, name: guid },
      { watch: 1, mask: inotify.access, name: guid },
      { watch: 1, mask: inotify.closeNoWrite, name: guid },
      { watch: 1, mask: inotify.delete, name: guid },
      { watch: 1, mask: inotify.deleteSelf, name: null },
    ]);
  });

  it('ends with events or a RangeError, wherever the bytes are cut', () => {
    const whole = Buffer.from(recorded, 'hex');
    fc.assert(
      fc.property(fc.nat({ max: whole.length }), (length) => {
        expect(isReadOrRefused(() => parseInotifyEvents(whole.subarray(0, length)))).toBe(true);
      }),
    );
  });
});
