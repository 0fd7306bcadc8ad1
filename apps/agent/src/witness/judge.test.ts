import { noteSigner, noteVerifier, signNote } from '@vestige/tlog';
import { describe, expect, it } from 'vitest';

import { LogDouble } from '../testing/log-double.ts';
import {
  type Baseline,
  isConsistent,
  judge,
  noteCharactersMax,
  readCheckpoint,
  type Verdict,
} from './judge.ts';

const log = new LogDouble().grow(20);
const fork = log.fork(10).grow(10);
const other = new LogDouble('other.example').grow(5);

function baseline(kept: string | null = log.checkpoint(10)): Baseline {
  const keys = log.listed.map(noteVerifier);
  return { origin: log.origin, keys, kept: kept === null ? null : readCheckpoint(kept) };
}

const verdict = (note: string, against = baseline()): Verdict => judge(against, note);

/** The same text, signed by another key of the same name. */
function resigned(note: string): string {
  const text = note.slice(0, note.lastIndexOf('\n\n') + 1);
  return signNote(text, [noteSigner(new LogDouble().signers[0]?.signerKey ?? '')]);
}

describe('judge', () => {
  it('takes the first checkpoint that a known key signed', () => {
    expect(verdict(log.checkpoint(3), baseline(null))).toMatchObject({ kind: 'first' });
  });

  it('takes the same size with the same root for the same', () => {
    expect(verdict(log.checkpoint(10))).toMatchObject({ kind: 'same' });
  });

  it('asks for a proof from the smaller to the larger', () => {
    const [five, ten, fifteen] = [{ size: 5 }, { size: 10 }, { size: 15 }];
    expect(verdict(log.checkpoint(15))).toMatchObject({ older: ten, newer: fifteen });
    expect(verdict(log.checkpoint(5))).toMatchObject({ older: five, newer: ten });
  });

  it('calls two roots of one size inconsistent without asking', () => {
    const seen = fork.checkpoint(20);
    expect(verdict(seen, baseline(log.checkpoint(20)))).toMatchObject({ reason: 'inconsistent' });
  });

  it('learns nothing from an empty log, whoever signed it', () => {
    for (const empty of [new LogDouble(), new LogDouble('other.example')])
      expect(verdict(empty.checkpoint(0))).toStrictEqual({ kind: 'empty' });
  });

  it('names another log before it looks who signed it', () => {
    expect(verdict(other.checkpoint())).toMatchObject({ reason: 'other-log' });
    expect(verdict(log.fork(10, 'other.example').checkpoint())).toMatchObject({
      reason: 'other-log',
    });
  });

  it('names an unknown signer', () => {
    expect(verdict(resigned(log.checkpoint(15)))).toMatchObject({ reason: 'unknown-signer' });
  });

  it('takes a wrong signature by a known key for an unknown signer, also beside a right one', () => {
    const [wrong, right] = [log.checkpoint(14), log.checkpoint(15)];
    const swapped = `${right.slice(0, right.lastIndexOf('\n\n'))}${wrong.slice(wrong.lastIndexOf('\n\n'))}`;
    const both = `${swapped}${right.split('\n').at(-2)}\n`;
    for (const note of [swapped, both])
      expect(verdict(note)).toMatchObject({ reason: 'unknown-signer' });
  });

  it.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['a note that is no checkpoint', signNote('hello\n', [signer()])],
    ['a size with leading zeroes', log.checkpoint(15).replace('\n15\n', '\n015\n')],
    ['more than is read', log.checkpoint(15) + '— a b\n'.repeat(noteCharactersMax)],
  ])('reads no checkpoint in %s', (_, note) => {
    expect(verdict(note)).toMatchObject({ reason: 'unknown-signer', seen: null });
  });
});

function signer(): ReturnType<typeof noteSigner> {
  return noteSigner(log.signers[0]?.signerKey ?? '');
}

describe('isConsistent', () => {
  const [older, newer] = [head(log, 10), head(log, 20)];

  it('accepts the proof with and without a newline at its end', () => {
    const proof = log.proof(10, 20);
    expect(isConsistent(proof, older, newer)).toBe(true);
    expect(isConsistent(proof.trimEnd(), older, newer)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['words', 'it is fine\n'],
    ['a proof of another log', fork.proof(10, 20)],
    ['a proof between other sizes', log.proof(10, 19)],
    ['hashes of another length', 'aGk=\n'],
    ['a hash too many', `${log.proof(10, 20)}${log.proof(10, 20)}`],
    ['hashes without end', 'x'.repeat(43).concat('=\n').repeat(100_000)],
  ])('refuses %s', (_, proof) => {
    expect(isConsistent(proof, older, newer)).toBe(false);
  });

  it('refuses a proof to a root that is another', () => {
    expect(isConsistent(fork.proof(10, 20), head(log, 10), head(log, 20))).toBe(false);
  });
});

function head(of: LogDouble, size: number): { size: number; root: Uint8Array } {
  const checkpoint = readCheckpoint(of.checkpoint(size));
  if (checkpoint === null) throw new Error('the double signs what is no checkpoint');
  return checkpoint;
}
