import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { buildTable } from '@vestige/secret-area';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type ExitCode, exitCodes } from '../exit-code.ts';
import { run } from '../run.ts';

const luksKey = '736869e5-84f0-4973-92ec-06879ce3da0b';
const other = '9553f55d-3da2-43ee-ab5d-ff17f78864d2';
const canary = 'canary-5f1c0e';
const secret = new TextEncoder().encode(canary);

let directory: string;
const at = (name: string) => path.join(directory, name);

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'vestige-cli-'));
});
afterEach(() => rm(directory, { recursive: true }));

interface Said {
  exitCode: ExitCode;
  out: string;
  err: string;
  /** What went to standard output as bytes. */
  bytes: Uint8Array;
}

/** Runs a command line; `answer` is what somebody at the terminal says, null for nobody. */
async function vestige(
  args: string[],
  answer: boolean | null = null,
  input: Uint8Array = new Uint8Array(0),
): Promise<Said> {
  const said = { out: '', err: '', bytes: new Uint8Array(0) };
  const exitCode = await run(args, {
    exitCode: exitCodes.fine,
    print: (text) => (said.out += `${text}\n`),
    warn: (text) => (said.err += `${text}\n`),
    confirm: async () => answer,
    readInput: async () => input,
    async writeOutput(bytes) {
      said.bytes = Uint8Array.from(bytes);
    },
  });
  expect(said.out + said.err).not.toContain(canary);
  return { exitCode, ...said };
}

async function tableFile(
  guids: string[],
  change: (image: Uint8Array) => void = () => {},
): Promise<string> {
  const image = buildTable(
    guids.map((guid) => ({ guid, data: secret })),
    { areaSize: 4096 },
  );
  change(image);
  await writeFile(at('table.bin'), image);
  return at('table.bin');
}

/** A full disk can be had as root only, and in a container not always. */
const canMount = mounts();
if (!canMount) console.info('skipped: a full disk needs the right to mount a tmpfs');

function mounts(): boolean {
  const folder = mkdtempSync(path.join(tmpdir(), 'vestige-cli-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'none', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}

/** Root may read everything. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  await chmod(directory, 0o755);
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

/** The second of two entries gets an impossible length. */
const breakSecond = (image: Uint8Array) => image.fill(0xff, 20 + 33 + 16, 20 + 33 + 20);

describe('vestige table inspect', () => {
  it('prints the documented JSON', async () => {
    const file = await tableFile([luksKey]);
    const { exitCode, out } = await vestige(['table', 'inspect', file, '--json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      state: 'populated',
      areaSize: 4096,
      tableLength: 53,
      entries: [{ index: 0, offset: 20, guid: luksKey, length: 33, dataLength: 13, state: 'live' }],
      kernelView: { directory: true, visible: [luksKey], error: null },
      diagnostics: [{ code: 'nul-for-grub', severity: 'note', offset: 20 }],
    });
  });

  it('describes a table to people', async () => {
    const { exitCode, out } = await vestige([
      'table',
      'inspect',
      await tableFile([luksKey, other]),
    ]);
    expect(exitCode).toBe(0);
    expect(out).toContain('populated: area of 4096 bytes, table of 86');
    expect(out).toContain('LUKS/GRUB disk passphrase');
    expect(out).toContain('Linux shows 2 of 2 entries');
  });

  it('answers 1 for a corrupt table and still lists what is whole', async () => {
    const { exitCode, out } = await vestige([
      'table',
      'inspect',
      await tableFile([luksKey, other], breakSecond),
    ]);
    expect(exitCode).toBe(1);
    expect(out).toContain(luksKey);
    expect(out).toContain('it refuses the area (EINVAL)');
    expect(out).toContain('bytes from 53 on cannot be told apart');
  });

  it('says of an empty file only that it is too small', async () => {
    await writeFile(at('empty.bin'), '');
    const { exitCode, out } = await vestige(['table', 'inspect', at('empty.bin')]);
    expect(exitCode).toBe(1);
    expect(out).toContain('area-too-small');
    expect(out).not.toContain('told apart');
  });

  it('takes an area that nobody filled for an answer', async () => {
    await writeFile(at('empty.bin'), new Uint8Array(4096));
    const { exitCode, out } = await vestige(['table', 'inspect', at('empty.bin')]);
    expect(exitCode).toBe(0);
    expect(out).toContain('Linux shows nothing: there is no table');
  });

  it('answers 3 for a file that is not there and 2 for one that is no image', async () => {
    expect(await vestige(['table', 'inspect', at('absent')])).toMatchObject({ exitCode: 3 });
    expect(await vestige(['table', 'inspect', directory])).toMatchObject({ exitCode: 2 });
  });

  it('answers 4 for a file that it may not read', async () => {
    const file = await tableFile([luksKey]);
    await chmod(file, 0);
    const said = await asNobody(() => vestige(['table', 'inspect', file]));
    expect(said).toMatchObject({ exitCode: 4, out: '' });
  });

  it('takes standard input, and zeroes what it read', async () => {
    const image = buildTable([{ guid: luksKey, data: secret }]);
    const said = await vestige(['table', 'inspect', '-', '--json'], null, image);
    expect(JSON.parse(said.out)).toMatchObject({ state: 'populated' });
    expect(image.every((byte) => byte === 0)).toBe(true);
  });

  it('names what a registry file says', async () => {
    const registry = at('ours.json');
    await writeFile(registry, JSON.stringify({ guids: [{ guid: other, meaning: 'backup key' }] }));
    const args = ['table', 'inspect', await tableFile([other]), '--registry', registry];
    expect((await vestige(args)).out).toContain('backup key');
    await writeFile(registry, '{"guids":[{}]}');
    expect(await vestige(args)).toMatchObject({ exitCode: 2, out: '' });
  });
});

describe('vestige table build', () => {
  it('builds an image that only its owner may read', async () => {
    await writeFile(at('secret'), secret);
    const args = ['table', 'build', '-o', at('built.bin'), `${luksKey}=file:${at('secret')}`];
    expect(await vestige(args)).toMatchObject({ exitCode: 0 });
    expect(await readFile(at('built.bin'))).toEqual(
      Buffer.from(buildTable([{ guid: luksKey, data: secret }])),
    );
    expect((await stat(at('built.bin'))).mode & 0o777).toBe(0o600);
  });

  it('takes area size, padding and NUL, and says in JSON what it built', async () => {
    await writeFile(at('secret'), secret);
    const options = ['--area-size', '4096', '--padding', 'none', '--nul', '--json'];
    const entry = `${luksKey}=file:${at('secret')}`;
    const { exitCode, out } = await vestige(['table', 'build', entry, '-o', at('b'), ...options]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toEqual({ output: at('b'), areaSize: 4096, entries: 1 });
    expect((await readFile(at('b'))).readUInt32LE(16)).toBe(54);
  });

  it('takes one secret from standard input and gives the image to standard output', async () => {
    const input = Uint8Array.from(secret);
    const args = ['table', 'build', '-o', '-', `${luksKey}=file:-`];
    const said = await vestige(args, null, input);
    expect(said).toMatchObject({ exitCode: 0, out: '' });
    expect(said.bytes).toEqual(buildTable([{ guid: luksKey, data: secret }]));
    expect(input.every((byte) => byte === 0)).toBe(true);
    const twice = await vestige([...args, `${other}=file:-`], null, Uint8Array.from(secret));
    expect(twice).toMatchObject({ exitCode: 2, out: '' });
  });

  it.each([
    ['libvirt', [], 64, 53],
    ['aleph', [], 64, 64],
    ['arm-cca', [], 54, 54],
    ['arm-cca', ['--no-nul', '--padding', 'exact'], 64, 53],
  ])('writes as %s does, with %j', async (convention, options, size, length) => {
    await writeFile(at('secret'), secret);
    const entry = `${luksKey}=file:${at('secret')}`;
    const args = ['table', 'build', '-o', at('b'), entry, '--convention', convention, ...options];
    expect(await vestige(args)).toMatchObject({ exitCode: 0 });
    const image = await readFile(at('b'));
    expect([image.length, image.readUInt32LE(16)]).toEqual([size, length]);
  });

  it('warns of a GUID that is most likely a misprint', async () => {
    await writeFile(at('secret'), secret);
    const entry = `736870e5-84f0-4973-92ec-06879ce3da0b=file:${at('secret')}`;
    const said = await vestige(['table', 'build', '-o', at('b'), entry]);
    expect(said.exitCode).toBe(0);
    expect(said.err).toContain('guid-likely-typo');
    const asJson = await vestige(['table', 'build', '-o', at('c'), entry, '--json']);
    expect(JSON.parse(asJson.err)).toMatchObject({ warning: { code: 'guid-likely-typo' } });
  });

  it('says what would fit where not all does', async () => {
    await writeFile(at('secret'), secret);
    const entries = [luksKey, other].map((guid) => `${guid}=file:${at('secret')}`);
    const said = await vestige(['table', 'build', '-o', at('b'), '--area-size', '60', ...entries]);
    expect(said.exitCode).toBe(2);
    expect(said.err).toContain('the first 1 of 2 entries would fit');
  });

  it('refuses a 65th entry and a secret that is no file', async () => {
    await writeFile(at('secret'), secret);
    const many = Array.from(
      { length: 65 },
      (_, n) =>
        `${String(n + 1).padStart(8, '0')}-1111-2222-8333-444455556666=file:${at('secret')}`,
    );
    expect(await vestige(['table', 'build', '-o', at('b'), ...many])).toMatchObject({
      exitCode: 2,
    });
    const folder = ['table', 'build', '-o', at('b'), `${luksKey}=file:${directory}`];
    const refused = await vestige(folder);
    expect(refused).toMatchObject({ exitCode: 2 });
    expect(refused.err).toContain(`${directory} is not a regular file`);
    const absent = ['table', 'build', '-o', at('b'), `${luksKey}=file:${at('absent')}`];
    expect(await vestige(absent)).toMatchObject({ exitCode: 3 });
  });

  it.runIf(canMount)('leaves no file where the disk is full', async () => {
    await writeFile(at('secret'), secret);
    const disk = at('disk');
    await mkdir(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'none', disk]);
    try {
      const image = path.join(disk, 'image');
      const entry = `${luksKey}=file:${at('secret')}`;
      const args = ['table', 'build', '-o', image, '--area-size', '16384', entry];
      expect(await vestige(args)).toMatchObject({ exitCode: 1, out: '' });
      await expect(stat(image)).rejects.toMatchObject({ code: 'ENOENT' });
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it('never overwrites a file', async () => {
    const file = await tableFile([other]);
    const before = await readFile(file);
    const args = ['table', 'build', '-o', file, `${luksKey}=file:${file}`];
    expect(await vestige(args)).toMatchObject({ exitCode: 2 });
    expect(await readFile(file)).toEqual(before);
  });

  it('refuses a secret on the command line without repeating it', async () => {
    const said = await vestige(['table', 'build', '-o', at('b'), `${luksKey}=${canary}`]);
    expect(said).toMatchObject({ exitCode: 2, out: '' });
  });

  it.each([
    ['an unknown GUID form', ['luks-key'], []],
    ['a GUID twice', [luksKey, luksKey], []],
    ['an area that is too small', [luksKey], ['--area-size', '40']],
    ['an area size that is no number', [luksKey], ['--area-size', '4k']],
  ])('answers 2 for %s and leaves no file', async (_name, guids, options) => {
    await writeFile(at('secret'), secret);
    const entries = guids.map((guid) => `${guid}=file:${at('secret')}`);
    const said = await vestige(['table', 'build', '-o', at('b'), ...entries, ...options]);
    expect(said).toMatchObject({ exitCode: 2, out: '' });
    await expect(stat(at('b'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('vestige table wipe', () => {
  it('wipes several GUIDs, says which were not there, and what it cannot promise', async () => {
    const file = await tableFile([luksKey, other]);
    const absent = '11111111-2222-4333-8444-555555555555';
    const guids = [luksKey, absent, other].flatMap((guid) => ['--guid', guid]);
    const said = await vestige(['table', 'wipe', ...guids, file, '--yes']);
    expect(said.exitCode).toBe(0);
    expect(said.out).toContain(`${absent}: not found`);
    expect(said.out).toContain('Copies that readers took');
    expect((await readFile(file)).includes(canary)).toBe(false);
  });

  it('wipes one entry for good and keeps the other', async () => {
    const file = await tableFile([luksKey, other]);
    const { exitCode, out } = await vestige(['table', 'wipe', file, '--guid', luksKey, '--yes']);
    expect(exitCode).toBe(0);
    expect(out).toContain('29 of 33 bytes overwritten, the length kept');
    expect(out).toContain('read back as zero');
    expect((await readFile(file)).toString('latin1').split(canary)).toHaveLength(2);
  });

  it('wipes all and reports in JSON, and the second time finds nothing live', async () => {
    const file = await tableFile([luksKey, other]);
    const args = ['table', 'wipe', file, '--all', '--yes', '--json'];
    expect(JSON.parse((await vestige(args)).out)).toMatchObject({ outcome: 'wiped', synced: true });
    expect((await readFile(file)).includes(canary)).toBe(false);
    const again = await vestige(args);
    expect(again.exitCode).toBe(0);
    expect(JSON.parse(again.out)).toMatchObject({ outcome: 'already-gone' });
  });

  it('says that an entry is already gone', async () => {
    const file = await tableFile([other]);
    const said = await vestige(['table', 'wipe', file, '--guid', luksKey, '--yes']);
    const out = `already-gone\n${luksKey}: not found\n`;
    expect(said).toMatchObject({ exitCode: 0, out, err: '' });
  });

  it('refuses standard input, which has no place to wipe', async () => {
    const said = await vestige(['table', 'wipe', '-', '--all', '--yes'], null, secret);
    expect(said).toMatchObject({ exitCode: 2, out: '' });
    expect(said.err).toContain('in place');
  });

  it('says that there is no table in an area that nobody filled', async () => {
    await writeFile(at('empty.bin'), new Uint8Array(4096));
    const { exitCode, out } = await vestige(['table', 'wipe', at('empty.bin'), '--all', '--yes']);
    expect(exitCode).toBe(0);
    expect(out).toContain('there is no table');
  });

  it('asks first, and does nothing where nobody agrees', async () => {
    const file = await tableFile([luksKey]);
    const args = ['table', 'wipe', file, '--all'];
    expect(await vestige(args, null)).toMatchObject({ exitCode: 2 });
    expect(await vestige(args, false)).toMatchObject({ exitCode: 1, out: '' });
    expect((await readFile(file)).includes(canary)).toBe(true);
    expect(await vestige(args, true)).toMatchObject({ exitCode: 0 });
    expect((await readFile(file)).includes(canary)).toBe(false);
  });

  it.each([
    [1, 'failed', 'nothing was wiped', ['--all']],
    [2, 'usage', 'say either --guid GUID or --all', []],
    [2, 'malformed-guid', 'not a GUID (8-4-4-4-12 hex digits)', ['--guid', 'luks-key', '--yes']],
  ])(
    'answers %i to a program with one error in JSON, %s',
    async (exitCode, code, message, args) => {
      const file = await tableFile([luksKey]);
      const said = await vestige(['table', 'wipe', file, ...args, '--json'], false);
      expect(said).toMatchObject({ exitCode, out: '' });
      expect(JSON.parse(said.err)).toEqual({ error: { code, message } });
    },
  );

  it('answers 1 where damage keeps it from reaching everything', async () => {
    const file = await tableFile([luksKey, other], breakSecond);
    const missing = await vestige(['table', 'wipe', file, '--guid', other, '--yes']);
    expect(missing).toMatchObject({ exitCode: 1, out: '' });
    const all = await vestige(['table', 'wipe', file, '--all', '--yes']);
    expect(all.exitCode).toBe(1);
    expect(all.out).toContain('NOT REACHED');
  });

  it.each([[[]], [['--all', '--guid', luksKey]], [['--guid', 'luks-key']]])(
    'answers 2 for %j',
    async (options) => {
      const file = await tableFile([luksKey]);
      const said = await vestige(['table', 'wipe', file, '--yes', ...options]);
      expect(said).toMatchObject({ exitCode: 2, out: '' });
    },
  );
});

describe('vestige', () => {
  it('explains itself', async () => {
    expect(await vestige(['table', '--help'])).toMatchObject({ exitCode: 0, err: '' });
    for (const command of ['inspect', 'build', 'wipe', 'verify', 'seal', 'guids']) {
      const { exitCode, out } = await vestige(['table', command, '--help']);
      expect(exitCode).toBe(0);
      expect(out).toContain(`$ vestige table ${command}`);
    }
    expect(await vestige(['table', 'eat'])).toMatchObject({ exitCode: 2, out: '' });
  });
});
