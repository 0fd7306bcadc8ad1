import { Secret, SecretState, TargetState, Wipe } from '@vestige/contract';
import { describe, expect, it } from 'vitest';

import {
  confirmationOf,
  isHearsay,
  readsText,
  secretWord,
  secretWords,
} from '#secret/secret-words.ts';
import { stepsDone, targetWords, wipeWord } from '#wipe/wipe-words.ts';

const wiped = (verification: Secret['verification']) =>
  secretWord({ state: 'wiped', verification }).word;
const word = (state: Wipe['state'], outcome: Wipe['outcome']) => wipeWord({ state, outcome }).word;

describe('state words', () => {
  it('never says two states with one word or one icon', () => {
    for (const words of [secretWords, targetWords]) {
      const all = Object.values(words);
      expect(new Set(all.map((said) => said.word)).size).toBe(all.length);
      expect(new Set(all.map(({ icon }) => icon)).size).toBe(all.length);
    }
    expect(Object.keys(secretWords)).toEqual(SecretState.options);
    expect(Object.keys(targetWords)).toEqual(TargetState.options);
  });

  it('calls a wipe verified only where the check passed', () => {
    expect([wiped('pass'), wiped('unknown'), wiped('fail')]).toEqual([
      'Wiped, verified',
      'Wiped',
      'Wiped, check failed',
    ]);
  });

  it('takes the state of a silent guest for hearsay', () => {
    expect(isHearsay({ state: 'present', guestPresence: 'silent' })).toBe(true);
    expect(isHearsay({ state: 'present', guestPresence: 'online' })).toBe(false);
    expect(isHearsay({ state: 'wiped', guestPresence: 'silent' })).toBe(false);
  });

  it('does not say "none" of reads where prior access is unknown', () => {
    expect(readsText({ reads: 0, priorAccess: 'unknown' })).toBe('none seen');
    expect(readsText({ reads: 0, priorAccess: 'none' })).toBe('none');
    expect(readsText({ reads: 3, priorAccess: 'unknown' })).toBe('3 seen');
  });

  it('tells how an order ended as soon as it has', () => {
    expect(word('requested', null)).toBe('Requested');
    expect(word('released', null)).toBe('Under way');
    expect(word('completed', 'partly')).toBe('Partly done');
    expect(word('completed', 'cancelled')).toBe('Cancelled');
  });

  it('counts steps only on the way to verified', () => {
    expect(stepsDone('delivered')).toBe(2);
    expect(stepsDone('already-gone')).toBeNull();
  });
});

describe('confirmationOf', () => {
  it('is the last four characters of a GUID', () => {
    expect(confirmationOf('736869e5-84f0-4973-92ec-06879ce3da0b')).toBe('da0b');
  });
});
