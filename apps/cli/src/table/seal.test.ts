import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { exitCodes } from '../exit-code.ts';
import { run } from '../run.ts';

/** virtee/sevctl, tests/secretbuild.rs and tests/data. */
const tik = 'c6d5a9956133050912b24bbe5c372686';
const tek = '52a869b79ab9c13bb6a92b0561619cb3';
const measure =
  '4cb780efad3b959427b4b8d1635fe2fac6ed75267eef9cf1a73e0fc7d873a412f022d179436a38a6b03efb7659bfd652';
const image =
  '42f5741edd71664d963eef4287ff173b3a000000e5696873f084734992ec06879ce3da0b260000004d592d4c554b532d50415353504852415345000000000000';
/** virtee/sev, src/session/mod.rs. */
const measuredTik = '66320db73158a35a255d051758e95ed4';
const measured =
  '6faab2daae389bcd3405a05d6cafe33c0414f7bedd0bae19ba5f38b7fd1664ea4fbe0bedbad6c86ae8f68971d103e554';
const emptyDigest = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const bytes = (hex: string) => Buffer.from(hex, 'hex');
const base64 = (hex: string) => bytes(hex).toString('base64');

let directory: string;
const at = (name: string) => path.join(directory, name);

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'vestige-seal-'));
  await writeFile(at('table'), bytes(image));
  await writeFile(at('tik'), bytes(tik));
  await writeFile(at('tek'), `${base64(tek)}\n`);
});
afterEach(() => rm(directory, { recursive: true }));

async function seal(...options: string[]) {
  const said = { out: '', err: '' };
  const keys = ['--tik', at('tik'), '--tek', at('tek')];
  const exitCode = await run(['table', 'seal', at('table'), ...keys, ...options], {
    exitCode: exitCodes.fine,
    print: (text) => (said.out += `${text}\n`),
    warn: (text) => (said.err += `${text}\n`),
    confirm: async () => null,
    readInput: async () => new Uint8Array(0),
    writeOutput: async () => {},
  });
  expect(said.out + said.err).not.toContain(base64(tek));
  return { exitCode, ...said };
}

const files = () => ['--header', at('h'), '--payload', at('p')];

describe('vestige table seal', () => {
  it('writes a packet as two files and says that the measure was not checked', async () => {
    const said = await seal('--launch-measure', base64(measure), ...files());
    expect(said.exitCode).toBe(0);
    expect(said.err).toContain('not checked');
    expect(await readFile(at('h'))).toHaveLength(52);
    expect(await readFile(at('p'))).toHaveLength(64);
    expect((await readFile(at('p'))).includes('PASSPHRASE')).toBe(false);
  });

  it('says in JSON what it wrote', async () => {
    const said = await seal('--launch-measure', base64(measure), ...files(), '--json');
    expect(JSON.parse(said.out)).toEqual({ header: at('h'), payload: at('p'), payloadBytes: 64 });
    expect(JSON.parse(said.err)).toEqual({
      warning: { code: 'measure-unchecked', message: 'the launch measure was not checked' },
    });
  });

  it('never overwrites a packet', async () => {
    await writeFile(at('p'), 'before');
    const said = await seal('--launch-measure', base64(measure), ...files());
    expect(said.exitCode).toBe(2);
    expect(await readFile(at('p'), 'utf8')).toBe('before');
  });

  it('leaves no half of a packet', async () => {
    const options = ['--launch-measure', base64(measure), '--header', at('h')];
    expect(await seal(...options, '--payload', at('absent/p'))).toMatchObject({ exitCode: 3 });
    expect(await seal(...options, '--payload', at('h'))).toMatchObject({ exitCode: 2 });
    await expect(readFile(at('h'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('prints the command for QEMU, also with a measure from a file', async () => {
    await writeFile(at('measure'), bytes(measure));
    const { exitCode, out } = await seal(
      '--launch-measure',
      at('measure'),
      '--format',
      'qmp',
      '--gpa',
      '0x80d000',
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      execute: 'sev-inject-launch-secret',
      arguments: { gpa: 0x80_d000 },
    });
  });

  it('prints or writes the texts for libvirt', async () => {
    await writeFile(at('measure'), base64(measure.slice(0, 64)));
    const options = ['--launch-measure', at('measure'), '--format', 'base64'];
    const { secrethdr, secret } = JSON.parse((await seal(...options)).out) as {
      secrethdr: string;
      secret: string;
    };
    expect(Buffer.from(secrethdr, 'base64')).toHaveLength(52);
    expect(Buffer.from(secret, 'base64')).toHaveLength(64);
    expect(await seal(...options, ...files())).toMatchObject({ exitCode: 0 });
    expect(Buffer.from(await readFile(at('h'), 'utf8'), 'base64')).toHaveLength(52);
  });

  it('seals for the launch that was expected, and for no other', async () => {
    await writeFile(at('tik'), bytes(measuredTik));
    const options = ['--launch-measure', base64(measured), '--digest', emptyDigest];
    const right = ['--api', '0.18', '--build', '0x0f', '--policy', '0'];
    expect(await seal(...options, ...right, ...files())).toMatchObject({ exitCode: 0, err: '' });
    const wrong = ['--api', '0.18', '--build', '0x10', '--policy', '0'];
    const said = await seal(...options, ...wrong, '--header', at('h2'), '--payload', at('p2'));
    expect(said).toMatchObject({ exitCode: 1, out: '' });
    await expect(readFile(at('h2'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await seal(...options, ...files())).toMatchObject({ exitCode: 2 });
  });

  it('does not seal what Linux would not show', async () => {
    await writeFile(at('table'), bytes(image).fill(0xff, 36, 40));
    const said = await seal('--launch-measure', base64(measure), ...files());
    expect(said).toMatchObject({ exitCode: 1, out: '' });
    expect(said.err).toContain('corrupt');
  });

  it.each([
    ['no files for raw', []],
    ['one file for base64', ['--format', 'base64', '--header', 'h']],
    ['files for qmp', ['--format', 'qmp', '--header', 'h']],
    ['an address for libvirt', ['--format', 'base64', '--gpa', '4096']],
    ['an address that is none', ['--format', 'qmp', '--gpa', 'here']],
    ['a version that is none', ['--format', 'qmp', '--api', '24']],
    ['a digest that is none', ['--format', 'qmp', '--digest', 'ff']],
  ])('answers 2 for %s', async (_name, options) => {
    const said = await seal('--launch-measure', base64(measure), ...options);
    expect(said).toMatchObject({ exitCode: 2, out: '' });
  });

  it('answers 2 for keys and measures of another form, 3 where there are none', async () => {
    const options = ['--launch-measure', base64(measure), ...files()];
    for (const wrong of ['', 'no base64!', 'c2hvcnQ=', 'c2hvcnQ', 'AAAAA', 'x'.repeat(65)]) {
      await writeFile(at('tek'), wrong);
      expect(await seal(...options)).toMatchObject({ exitCode: 2, out: '' });
    }
    await writeFile(at('measure'), 'c2hvcnQ=');
    expect(await seal('--launch-measure', at('measure'), ...files())).toMatchObject({
      exitCode: 2,
    });
    expect(await seal('--launch-measure', 'c2hvcnQ=', ...files())).toMatchObject({ exitCode: 3 });
  });
});
