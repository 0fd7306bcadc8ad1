import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { SecretAreaError } from './error.ts';
import { headerBytes } from './layout.ts';
import { parseBytes, parseTable } from './parse.ts';
import { bufferArea } from './reader.ts';
import { fuzzCases, fuzzSeed } from './testing/config.ts';
import { modelKernel } from './testing/kernel-model.ts';
import { mutatedTable } from './testing/mutated-table.ts';
import { watchedArea } from './testing/watched-area.ts';
import { verifyTable } from './verify.ts';
import { wipeAll } from './wipe.ts';

/** The dear checks are made of every eighth table. */
const some = Math.ceil(fuzzCases / 8);
const settings = (numRuns: number) => ({ numRuns, seed: fuzzSeed });
const timeout = 10_000 + fuzzCases * 5;

/** Any other error than the library's own fails the test. */
async function resultOf<T>(work: Promise<T>): Promise<T | null> {
  return work.catch((error: unknown) => {
    if (error instanceof SecretAreaError) return null;
    throw error;
  });
}

describe(`${fuzzCases} mutated tables (seed ${fuzzSeed})`, () => {
  it(
    'are parsed without a throw, as a second reading of the rules of Linux says',
    { timeout },
    () => {
      fc.assert(
        fc.property(mutatedTable, (bytes) => {
          const { kernelView, state, entries, unreached } = parseBytes(bytes);
          expect(kernelView).toEqual(modelKernel(bytes));
          expect(kernelView.error !== null && state === 'populated').toBe(false);
          const end = entries.reduce((offset, entry) => {
            expect(entry.offset).toBe(offset);
            return offset + entry.length;
          }, headerBytes);
          expect(entries.length === 0 || end <= bytes.length).toBe(true);
          expect(unreached === null || unreached.offset + unreached.length === bytes.length).toBe(
            true,
          );
        }),
        settings(fuzzCases),
      );
    },
  );

  it(
    'are read the same from a file as from memory, by their headers alone',
    { timeout },
    async () => {
      await fc.assert(
        fc.asyncProperty(mutatedTable, async (bytes) => {
          const area = watchedArea(bufferArea(bytes));
          const table = await parseTable(area);
          expect(table).toEqual(JSON.parse(JSON.stringify(parseBytes(bytes))));
          const readable = new Set([0, ...table.entries.map(({ offset }) => offset)]);
          if (table.unreached) readable.add(table.unreached.offset);
          for (const { offset, length } of area.touches) {
            expect(readable.has(offset)).toBe(true);
            expect(length).toBe(headerBytes);
          }
          expect(area.touches.length).toBeLessThanOrEqual(table.entries.length + 2);
        }),
        settings(some),
      );
    },
  );

  it('are wiped inside of their entries, with proof, or refused', { timeout }, async () => {
    await fc.assert(
      fc.asyncProperty(mutatedTable, async (bytes) => {
        const { entries, unreached, state, tableLength, areaSize } = parseBytes(bytes);
        const expected = Uint8Array.from(bytes);
        for (const { offset, dataOffset, dataLength } of entries) {
          expected.fill(0, offset, offset + 16).fill(0, dataOffset, dataOffset + dataLength);
        }
        const report = await resultOf(wipeAll(bufferArea(bytes)));
        expect(bytes).toEqual(expected);
        const targets = entries.filter((entry) => entry.state === 'live' || entry.dataLength > 0);
        expect(report === null).toBe(unreached !== null && targets.length === 0);
        const proof = await verifyTable(bufferArea(bytes), { gone: 'all' });
        const isEmpty = bytes.every((byte) => byte === 0);
        const isWhole = unreached === null && tableLength <= areaSize;
        expect(proof.verified).toBe(state === 'unpopulated' ? isEmpty : isWhole);
      }),
      settings(some),
    );
  });
});
