import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { parseBytes } from './parse.ts';
import { resize } from './testing/raw-area.ts';

interface Judged {
  name: string;
  /** Of the area; behind the blob it is zeros. */
  size: number;
  blob: string;
  directory: boolean;
  files: string[];
  /** What the module ended with, where it said so. */
  error: 'EINVAL' | 'EEXIST' | null;
}

const recording = JSON.parse(
  readFileSync(new URL('testing/kernel-judged.json', import.meta.url), 'utf8'),
) as { source: string; cases: Judged[] };

/** Tables of our own making, as the real kernel judged them; the source stands in the file. */
describe(`the kernel view of tables that ${recording.source}`, () => {
  it.each(recording.cases.map((judged) => [judged.name, judged] as const))(
    'is what Linux did with: %s',
    (_name, { size, blob, directory, files, error }) => {
      const { kernelView } = parseBytes(resize(Buffer.from(blob, 'hex'), size));
      expect({ directory, error }).toEqual({
        directory: kernelView.directory,
        error: kernelView.error,
      });
      expect(kernelView.visible.toSorted()).toEqual(files.toSorted());
    },
  );
});
