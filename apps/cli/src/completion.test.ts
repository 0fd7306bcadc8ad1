import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { exitCodes } from './exit-code.ts';
import { run } from './run.ts';

async function script(shell: string) {
  const said = { out: '', err: '' };
  const exitCode = await run(['completion', shell], {
    exitCode: exitCodes.fine,
    print: (text) => (said.out += `${text}\n`),
    warn: (text) => (said.err += `${text}\n`),
    confirm: async () => null,
    readInput: async () => new Uint8Array(0),
    writeOutput: async () => {},
  });
  return { exitCode, ...said };
}

/** What bash offers at the end of a command line. */
async function offered(...words: string[]): Promise<string[]> {
  const { out } = await script('bash');
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const line = `COMP_WORDS=(vestige ${quoted}); COMP_CWORD=${words.length}; _vestige; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const said = execFileSync('bash', ['-c', `${out}\n${line}`], { encoding: 'utf8', cwd: '/' });
  return said.split('\n').filter((word) => word !== '');
}

const has = (program: string) => {
  try {
    execFileSync(program, ['-c', 'true']);
    return true;
  } catch {
    return false;
  }
};

describe.skipIf(!has('bash'))('vestige completion bash', () => {
  it('completes commands', async () => {
    expect(await offered('t')).toEqual(['table']);
    expect(await offered('table', '')).toEqual(
      expect.arrayContaining(['inspect', 'build', 'wipe', 'verify', 'seal', 'guids']),
    );
  });

  it('completes options of the command that is being typed, and files', async () => {
    expect(await offered('table', 'wipe', '--a')).toEqual(['--all']);
    expect(await offered('table', 'inspect', 'table.bin', '--j')).toEqual(['--json']);
    expect(await offered('table', 'inspect', 'et')).toContain('etc');
  });

  it('completes the values of an option', async () => {
    expect(await offered('table', 'build', '--convention', 'lib')).toEqual(['libvirt']);
    expect(await offered('table', 'seal', '--tik', 'et')).toEqual(['etc']);
    expect(await offered('table', 'wipe', '--guid', 'et')).toEqual([]);
    expect(await offered('log', 'verify', '--since', 'et')).toEqual(['etc']);
    expect(await offered('log', 'verify', '--key', 'et')).toEqual(['etc']);
    expect(await offered('log', 'tail', '--after', 'et')).toEqual([]);
  });
});

describe('vestige completion', () => {
  it.each([
    ['zsh', 'bashcompinit'],
    ['fish', "complete -c vestige -n '__vestige_at \\' table inspect\\'' -l json"],
    ['fish', "-l guid -x -d 'wipe every entry"],
    ['fish', "-l tik -r -d 'transport"],
  ])('writes a script for %s', async (shell, part) => {
    const { exitCode, out } = await script(shell);
    expect(exitCode).toBe(0);
    expect(out).toContain(part);
  });

  it.each(['zsh', 'fish'].filter(has))('writes a script that %s reads', async (shell) => {
    const { out } = await script(shell);
    const folder = mkdtempSync(path.join(tmpdir(), 'vestige-completion-'));
    // A file, as fish reads no script from the socket that a child process has for its input.
    const file = path.join(folder, 'script');
    writeFileSync(file, out);
    try {
      expect(() => execFileSync(shell, ['-n', file])).not.toThrow();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('answers 2 for any other shell', async () => {
    expect(await script('tcsh')).toMatchObject({ exitCode: 2, out: '' });
  });
});
