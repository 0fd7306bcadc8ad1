import { describe, expect, it } from 'vitest';

import { exitCodes } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { printJson, printLines } from './pieces.ts';

async function printed(print: (terminal: Terminal) => Promise<void>): Promise<string[]> {
  const texts: string[] = [];
  await print({
    exitCode: exitCodes.fine,
    print: (text) => texts.push(text),
    warn: () => {},
    confirm: async () => null,
    readInput: async () => new Uint8Array(0),
    writeOutput: async () => {},
  });
  return texts;
}

describe('what is told in pieces', () => {
  it.each([0, 1, 1000, 1001, 2000])('is the JSON of %i entries, byte for byte', async (length) => {
    const entries = Array.from({ length }, (_, index) => ({ index, names: [`line\n${index}`] }));
    const value = { state: 'populated', entries, view: { visible: [] }, diagnostics: entries };
    const texts = await printed((terminal) => printJson(value, terminal));
    expect(texts.join('\n')).toBe(JSON.stringify(value, null, 2));
  });

  it('has no piece that grows with the table', async () => {
    const lines = Array.from({ length: 100_000 }, (_, index) => String(index));
    const texts = await printed((terminal) => printLines(lines, terminal));
    expect(texts.join('\n')).toBe(lines.join('\n'));
    expect(Math.max(...texts.map(({ length }) => length))).toBeLessThan(10_000);
    const json = await printed((terminal) => printJson({ lines, last: null }, terminal));
    expect(Math.max(...json.map(({ length }) => length))).toBeLessThan(20_000);
  });
});
