import { existsSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { mediumOf, overwriteCaveats } from './medium.ts';

describe('mediumOf', () => {
  it.skipIf(!existsSync('/dev/shm'))('knows a filesystem that is in memory', async () => {
    const { filesystem, caveats } = await mediumOf('/dev/shm');
    expect(filesystem).toBe('tmpfs');
    expect(caveats.join(' ')).toContain('swapped');
  });

  it.skipIf(!existsSync('/proc/self'))('says so where it does not know one', async () => {
    const { filesystem, caveats } = await mediumOf('/proc');
    expect(filesystem).toBe('0x9fa0');
    expect(caveats.join(' ')).toContain('not known');
  });

  it('reports a file that is not there', async () => {
    await expect(mediumOf('/nonexistent')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('overwriteCaveats', () => {
  it('never promises anything of copies, and nothing of flash but where all is memory', () => {
    for (const kind of [
      'memory',
      'in-place',
      'journal',
      'copy-on-write',
      'remote',
      'unknown',
    ] as const) {
      const said = overwriteCaveats(kind).join(' ');
      expect(said).toContain('Copies that readers took');
      expect(said.includes('Flash')).toBe(kind !== 'memory');
    }
  });

  it('tells a journal from copy-on-write', () => {
    expect(overwriteCaveats('journal').join(' ')).toContain('journal');
    expect(overwriteCaveats('copy-on-write').join(' ')).toContain('new blocks');
  });
});
