import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { generateKeyPair } from '@vestige/tlog';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { type ExitCode, exitCodes } from '../exit-code.ts';
import { run } from '../run.ts';
import type { Terminal } from '../terminal.ts';
import { archived, entryAt, logOf, verifierKey } from './testing/log-double.ts';
import { ServiceDouble, token } from './testing/service-double.ts';

const honestLog = logOf(1236);
const covered = 1234;

let directory: string;
let service: ServiceDouble;
let api: string;
const at = (name: string) => path.join(directory, name);

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'vestige-log-'));
  service = new ServiceDouble(honestLog, covered);
  api = await service.open();
  vi.stubEnv('VESTIGE_API', api);
  vi.stubEnv('VESTIGE_TOKEN', token);
  vi.stubEnv('VESTIGE_TOKEN_FILE', '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await service.close();
  await rm(directory, { recursive: true });
});

interface Said {
  exitCode: ExitCode;
  out: string;
  err: string;
  bytes: Buffer;
}

async function vestige(args: string[], terminal: Partial<Terminal> = {}): Promise<Said> {
  const said = { out: '', err: '', bytes: Buffer.alloc(0) };
  const exitCode = await run(['log', ...args], {
    exitCode: exitCodes.fine,
    print: (text) => (said.out += `${text}\n`),
    warn: (text) => (said.err += `${text}\n`),
    confirm: async () => null,
    readInput: async () => new Uint8Array(0),
    async writeOutput(bytes) {
      said.bytes = Buffer.concat([said.bytes, bytes]);
    },
    ...terminal,
  });
  expect(said.out + said.err).not.toContain(token);
  return { exitCode, ...said };
}

const json = ({ out }: Said) => JSON.parse(out) as Record<string, unknown>;
const errorOf = ({ err }: Said) =>
  (JSON.parse(err) as { error: { code: string; message: string } }).error;
const key = ['--key', verifierKey];

async function bundleFile(from = 0, size = covered): Promise<string> {
  await writeFile(at('bundle.tar'), await archived(honestLog.files(from, size)));
  return at('bundle.tar');
}

describe('vestige log verify BUNDLE', () => {
  it('says what was verified', async () => {
    const { exitCode, out, err } = await vestige(['verify', await bundleFile(), ...key]);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toContain('verified: 1234 entries hashed, positions 0 to 1233');
    expect(out).toContain('recorded from 2026-11-26T10:00:00.100Z to 2026-11-26T10:00:33.100Z');
    expect(out).toMatch(/^signed by {2}log\.example\/v1\/log \([0-9a-f]{8}\)$/m);
  });

  it('needs a key, from the command line or a file', async () => {
    const file = await bundleFile(256);
    expect(await vestige(['verify', file])).toMatchObject({ exitCode: 2, out: '' });
    await writeFile(at('log.key'), `${verifierKey}\n`);
    const said = await vestige(['verify', file, '--key', at('log.key'), '--json']);
    expect(json(said)).toMatchObject({ verified: true, from: 256, entries: 978, since: null });
    expect(said.exitCode).toBe(0);
  });

  it('refuses a key with any byte changed', async () => {
    const file = await bundleFile();
    const changes = fc.tuple(
      fc.nat({ max: verifierKey.length - 1 }),
      fc.integer({ min: 33, max: 126 }),
    );
    await fc.assert(
      fc.asyncProperty(changes, async ([place, code]) => {
        const character = String.fromCodePoint(code);
        fc.pre(verifierKey[place] !== character);
        const changed = `${verifierKey.slice(0, place)}${character}${verifierKey.slice(place + 1)}`;
        const { exitCode } = await vestige(['verify', file, '--key', changed]);
        // What is no key any more is taken for the name of a file, which is not there.
        expect([2, 3]).toContain(exitCode);
      }),
      { numRuns: 30 },
    );
  });

  it('answers 1 and says why where it does not verify', async () => {
    const bytes = await archived(honestLog.files(0, covered));
    bytes[5000] = (bytes[5000] as number) ^ 1;
    await writeFile(at('bundle.tar'), bytes);
    const said = await vestige(['verify', at('bundle.tar'), ...key]);
    expect(said).toMatchObject({ exitCode: 1, out: '' });
    expect(said.err).toBe(
      'vestige: not verified: a tile does not hold the hashes of the entries (tile/0/000)\n',
    );
    const program = await vestige(['verify', at('bundle.tar'), ...key, '--json']);
    expect(program).toMatchObject({ exitCode: 1, out: '' });
    expect(errorOf(program)).toMatchObject({ code: 'tile-mismatch' });
  });

  it('checks that the log continues a checkpoint, and keeps the new one for next time', async () => {
    const kept = ['--since', at('kept'), '--save', at('kept')];
    await writeFile(at('kept'), honestLog.checkpoint(1000));
    const said = await vestige(['verify', await bundleFile(), ...key, ...kept]);
    expect(said.out).toContain('continues the checkpoint of size 1000');
    expect(await readFile(at('kept'), 'utf8')).toBe(honestLog.checkpoint(covered));
    await writeFile(at('kept'), logOf(7).checkpoint(7));
    const other = logOf(1300);
    other.entries[3] = Buffer.from('another');
    expect(await vestige(['verify', await bundleFile(256), ...key, ...kept])).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('begin after this checkpoint'),
    });
    expect(await readFile(at('kept'), 'utf8')).toBe(logOf(7).checkpoint(7));
  });

  it('takes standard input, and a pipe in small pieces', async () => {
    const bytes = await archived(honestLog.files(0, covered));
    const readChunks = async function* readChunks() {
      for (let from = 0; from < bytes.length; from += 10) yield bytes.subarray(from, from + 10);
    };
    expect(await vestige(['verify', '-', ...key], { readChunks })).toMatchObject({ exitCode: 0 });
    expect(await vestige(['verify', '-', ...key])).toMatchObject({ exitCode: 2 });
  });

  it('shows people how far it is, and programs nothing', async () => {
    const shown: string[] = [];
    const progress = (text: string) => shown.push(text);
    await vestige(['verify', await bundleFile(), ...key, '--json'], { progress });
    expect(shown).toEqual([]);
    await vestige(['verify', await bundleFile(), ...key], { progress });
    expect(shown[0]).toMatch(/^verifying \d+ %, \d+ entries, \d+\/s$/);
    expect(shown.at(-1)).toBe('');
  });

  it('answers 3 for a file that is not there, and 2 for one with --api', async () => {
    expect(await vestige(['verify', at('none'), ...key])).toMatchObject({ exitCode: 3 });
    const both = await vestige(['verify', await bundleFile(), ...key, '--api', api]);
    expect(both).toMatchObject({ exitCode: 2 });
  });
});

describe('vestige log verify, of a running service', () => {
  it('hashes every entry, and says which positions no checkpoint covers yet', async () => {
    const { exitCode, out, err } = await vestige(['verify', ...key]);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toContain(
      'positions 0 to 1233 are covered by the checkpoint; 1234 and 1235 are not yet',
    );
    service.covered = 1235;
    expect((await vestige(['verify', ...key])).out).toContain('; 1235 is not yet');
    service.covered = 1236;
    expect((await vestige(['verify', ...key])).out).toContain('; there are no others');
    service.covered = 0;
    expect((await vestige(['verify', ...key])).out).toContain(
      'no position is covered by the checkpoint; 0 to 1235 are not yet',
    );
  });

  it('warns that without --key it does not show whose log it is', async () => {
    const said = await vestige(['verify', '--json']);
    expect(said.exitCode).toBe(0);
    expect(said.err).toContain('not whose log it is');
    expect(json(said)).toMatchObject({ verified: true, size: 1234, logSize: 1236 });
  });

  it('answers 1 where an entry, the checkpoint or the past is another', async () => {
    await writeFile(at('kept'), honestLog.checkpoint(1000));
    expect(await vestige(['verify', ...key, '--since', at('kept')])).toMatchObject({ exitCode: 0 });
    service.alter = (where, bytes) => {
      if (where.includes('/tile/entries/002')) bytes[100] = (bytes[100] as number) ^ 1;
      return bytes;
    };
    expect(await vestige(['verify', ...key])).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('do not have the root that was signed'),
    });
    service.alter = (_, bytes) => bytes;
    service.covered = 900;
    const said = await vestige(['verify', ...key, '--since', at('kept'), '--json']);
    expect(said.exitCode).toBe(1);
    expect(errorOf(said)).toMatchObject({ code: 'not-continued' });
  });

  it('asks for a few bundles ahead, for each once, and ends at the first that it does not get', async () => {
    await vestige(['verify', ...key]);
    const bundles = service.asked.filter((where) => where.includes('/tile/'));
    expect(bundles.toSorted()).toEqual([
      '/v1/log/tile/entries/000',
      '/v1/log/tile/entries/001',
      '/v1/log/tile/entries/002',
      '/v1/log/tile/entries/003',
      '/v1/log/tile/entries/004.p/210',
    ]);
    service.alter = (where, bytes) => (where.includes('/tile/entries/000') ? 500 : bytes);
    expect(await vestige(['verify', ...key])).toMatchObject({ exitCode: 1 });
  });
});

describe('the connection', () => {
  it('answers 4 where the service does not let it, with what the service says', async () => {
    vi.stubEnv('VESTIGE_TOKEN', 'another-token-000000');
    expect(await vestige(['key'])).toMatchObject({
      exitCode: 4,
      err: 'vestige: The double refuses with 401.\n',
    });
    expect(errorOf(await vestige(['key', '--json']))).toMatchObject({ code: 'not-signed-in' });
    vi.stubEnv('VESTIGE_TOKEN', '');
    expect(await vestige(['key'])).toMatchObject({ exitCode: 4 });
  });

  it('answers 3 where nobody is there', async () => {
    await service.close();
    const said = await vestige(['key', '--json']);
    expect(said.exitCode).toBe(3);
    expect(errorOf(said)).toMatchObject({ code: 'unreachable' });
    await service.open();
  });

  it('takes the token from a file or the environment, never from the command line', async () => {
    vi.stubEnv('VESTIGE_TOKEN', '');
    await writeFile(at('token'), `${token}\n`);
    expect(await vestige(['key', '--token-file', at('token')])).toMatchObject({ exitCode: 0 });
    vi.stubEnv('VESTIGE_TOKEN_FILE', at('token'));
    expect(await vestige(['key'])).toMatchObject({ exitCode: 0 });
    vi.stubEnv('VESTIGE_TOKEN', token);
    expect(await vestige(['key'])).toMatchObject({ exitCode: 2 });
    expect(await vestige(['key', '--token', 'x'])).toMatchObject({ exitCode: 2 });
    await writeFile(at('token'), 'two words\n');
    const wrong = await vestige(['key', '--token-file', at('token')]);
    expect(wrong).toMatchObject({ exitCode: 2, err: expect.not.stringContaining('two words') });
  });

  it('is encrypted, but to this machine or where one insists', async () => {
    for (const address of [
      'http://vestige.invalid',
      'ftp://localhost',
      'localhost',
      'http://a:b@127.0.0.1',
      'http://127.0.0.1/v1',
    ]) {
      const said = await vestige(['key', '--api', address]);
      expect([address, said.exitCode]).toEqual([address, 2]);
      expect(said.err).not.toContain('a:b');
    }
    const insisting = ['key', '--api', 'http://vestige.invalid', '--allow-http'];
    expect(await vestige(insisting)).toMatchObject({ exitCode: 3 });
  });
});

describe('vestige log prove', () => {
  it('shows the event and where it stands, and writes files that verify offline', async () => {
    const files = ['--out', at('7.tlog-proof'), '--entry-out', at('7.json')];
    const { exitCode, out } = await vestige(['prove', '7', ...key, ...files]);
    expect(exitCode).toBe(0);
    expect(out).toContain('proven: position 7 of 1234');
    expect(out).toContain('2026-11-26T10:00:07.000Z  secret.read  guest-6a0e5f0c');
    expect(await readFile(at('7.json'))).toEqual(entryAt(7));
    const offline = ['verify', at('7.tlog-proof'), ...key];
    const verified = await vestige([...offline, '--entry', at('7.json')]);
    expect(verified).toMatchObject({ exitCode: 0, out: expect.stringContaining('position 7') });
    await writeFile(at('8.json'), entryAt(8));
    expect(await vestige([...offline, '--entry', at('8.json')])).toMatchObject({ exitCode: 1 });
    expect(await vestige(offline)).toMatchObject({ exitCode: 2 });
    // Neither is overwritten unasked.
    expect(await vestige(['prove', '8', ...key, ...files])).toMatchObject({ exitCode: 2 });
    expect(await vestige(['prove', '8', ...key, ...files, '--force'])).toMatchObject({
      exitCode: 0,
    });
  });

  it('answers 1 where no checkpoint covers the position yet, or there is none', async () => {
    const uncovered = await vestige(['prove', '1235', ...key]);
    expect(uncovered).toMatchObject({ exitCode: 1 });
    expect(uncovered.out).toContain('the newest checkpoint covers 1234 entries');
    const missing = await vestige(['prove', '1236', ...key, '--json']);
    expect(json(missing)).toEqual({ proven: false, position: 1236, covered: 1234, logSize: 1236 });
    expect(await vestige(['prove', 'x', ...key])).toMatchObject({ exitCode: 2 });
  });

  it('answers 1 for a proof of another entry', async () => {
    service.alter = (where, bytes) =>
      where.endsWith('/proof/7') ? Buffer.from(honestLog.proof(8, covered)) : bytes;
    const said = await vestige(['prove', '7', ...key]);
    expect(said).toMatchObject({ exitCode: 1, err: expect.stringContaining('another position') });
    service.alter = (where, bytes) => (where.endsWith('/entry/7') ? entryAt(8) : bytes);
    expect(await vestige(['prove', '7', ...key])).toMatchObject({ exitCode: 1 });
  });
});

describe('vestige log export', () => {
  it('writes a bundle for its owner alone, which verifies offline', async () => {
    const out = at('bundle.tar');
    const said = await vestige(['export', '--out', out, ...key]);
    expect(said.out).toContain(`${out}: `);
    expect(said.out).toContain('verified: 1234 entries hashed');
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    expect(await vestige(['verify', out, ...key])).toMatchObject({ exitCode: 0 });
    expect(await vestige(['export', '--out', out, ...key])).toMatchObject({ exitCode: 2 });
    const again = await vestige([
      'export',
      '--out',
      out,
      '--force',
      '--from',
      '300',
      ...key,
      '--json',
    ]);
    expect(json(again)).toMatchObject({ verified: true, from: 256, entries: 978 });
    expect(await readdir(directory)).toEqual(['bundle.tar']);
  });

  it('leaves no file where the bundle does not verify, or breaks off', async () => {
    service.alter = (where, bytes) => {
      if (where.endsWith('/export') && bytes.length > 5000)
        bytes[4000] = (bytes[4000] as number) ^ 1;
      return bytes;
    };
    expect(await vestige(['export', '--out', at('b.tar'), ...key])).toMatchObject({ exitCode: 1 });
    service.alter = (_, bytes) => bytes;
    service.exportBytesMax = 100_000;
    for (const more of [[], ['--no-verify']]) {
      expect(await vestige(['export', '--out', at('b.tar'), ...key, ...more])).toMatchObject({
        exitCode: 3,
      });
    }
    expect(await readdir(directory)).toEqual([]);
  });

  it('does not take a bundle of other entries for the one that it asked for', async () => {
    const said = await vestige(['export', '--out', at('b.tar'), '--to', '1235', ...key, '--json']);
    expect(said.exitCode).toBe(1);
    expect(errorOf(said)).toMatchObject({ code: 'wrong-range' });
    expect(await readdir(directory)).toEqual([]);
  });

  it('goes to standard output, with what there is to say beside it', async () => {
    const said = await vestige(['export', '--out', '-', ...key]);
    expect(said).toMatchObject({ exitCode: 0, out: '' });
    expect(said.err).toContain('verified: 1234 entries hashed');
    expect(said.bytes.equals(await archived(honestLog.files(0, covered)))).toBe(true);
  });

  it('leaves nothing where it is interrupted', async () => {
    const controller = new AbortController();
    const progress = () => controller.abort();
    const interrupted = () => controller.signal;
    service.alter = (_, bytes) => bytes;
    const said = await vestige(['export', '--out', at('b.tar'), ...key], { progress, interrupted });
    expect(said).toMatchObject({ exitCode: 1, err: expect.stringContaining('interrupted') });
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('vestige log tail', () => {
  it('shows the newest events, oldest first, or all after a position', async () => {
    const newest = (await vestige(['tail'])).out.trimEnd().split('\n');
    expect(newest).toHaveLength(20);
    expect(newest[0]).toContain('    1216  secret.read                 web-1');
    const { out } = await vestige(['tail', '--after', '799', '--json']);
    const positions = out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { position: number }).position);
    expect(positions).toEqual(Array.from({ length: 436 }, (_, n) => 800 + n));
  });

  it('asks for a type that there is, and a guest by its id', async () => {
    expect((await vestige(['tail', '--type', 'guest.enrolled'])).out).toBe('');
    expect(await vestige(['tail', '--type', 'secret.eaten'])).toMatchObject({ exitCode: 2 });
    expect(await vestige(['tail', '--guest', 'web-1'])).toMatchObject({ exitCode: 2 });
  });

  it('follows what comes, waits for a service that is away, and ends with 0 at Ctrl-C', async () => {
    const controller = new AbortController();
    const log = logOf(3);
    service.log = log;
    service.alter = (where, bytes) =>
      where === '/v1/events' && log.entries.length === 4 ? 503 : bytes;
    let lines = 0;
    const print = () => {
      lines += 1;
      if (lines === 3) log.entries.push(entryAt(3));
      if (lines === 5) controller.abort();
    };
    const warn = vi.fn<(text: string) => void>(() => void log.entries.push(entryAt(4)));
    const said = await vestige(['tail', '--follow'], {
      print,
      warn,
      interrupted: () => controller.signal,
    });
    expect(said.exitCode).toBe(0);
    expect(lines).toBe(5);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      'The double refuses with 503. Trying again until it answers.',
    );
  });
});

describe('vestige log key', () => {
  it('prints the keys, the current one first', async () => {
    const older = generateKeyPair('log.example/v1/log').verifierKey;
    service.keys = [verifierKey, older];
    expect((await vestige(['key'])).out).toBe(`${verifierKey}\n${older}\n`);
    expect(json(await vestige(['key', '--json']))).toEqual({ keys: service.keys });
  });
});

describe('vestige log followers and rebuild', () => {
  const follower = {
    name: 'guests',
    kind: 'view' as const,
    position: 1236,
    failure: null,
    rebuilding: null,
    rebuildFailure: null,
  };

  it('shows how far each has come, and answers 1 where one stands still', async () => {
    service.followers = [follower];
    const fine = await vestige(['followers']);
    expect(fine.exitCode).toBe(0);
    expect(fine.out).toContain('guests  view  1236      0       follows');
    service.followers = [{ ...follower, position: 7, failure: 'no room' }];
    const stuck = await vestige(['followers']);
    expect(stuck).toMatchObject({
      exitCode: 1,
      out: expect.stringContaining('STANDS STILL: no room'),
    });
  });

  it('prints no key that is none: it might hold what a screen obeys', async () => {
    service.alter = (where, bytes) =>
      where === '/v1/log/key' ? Buffer.from('\u001B]0;taken\u0007\n') : bytes;
    expect(await vestige(['key'])).toMatchObject({ exitCode: 1, out: '' });
  });

  it('waits until the rebuilding is done', async () => {
    service.followers = [{ ...follower, rebuilding: 100 }];
    let polls = 0;
    service.alter = (where, bytes) => {
      polls += where === '/v1/followers' ? 1 : 0;
      if (polls === 2) service.followers = [follower];
      return bytes;
    };
    const said = await vestige(['rebuild', 'guests']);
    expect(said).toMatchObject({ exitCode: 0, out: 'guests: rebuilt to position 1236 of 1236\n' });
    service.followers = [{ ...follower, rebuildFailure: 'no room' }];
    expect(await vestige(['rebuild', 'guests'])).toMatchObject({
      exitCode: 1,
      out: 'guests: failed at position 1236: no room\n',
    });
    expect(await vestige(['rebuild', 'No Name'])).toMatchObject({ exitCode: 2 });
  });
});

describe('errors', () => {
  it('are one object where JSON was asked for, also of what was typed', async () => {
    const said = await vestige(['export', '--json']);
    expect(said).toMatchObject({ exitCode: 2, out: '' });
    expect(errorOf(said)).toEqual({
      code: 'usage',
      message: "required option '-o, --out <file>' not specified",
    });
    expect(errorOf(await vestige(['--json'])).code).toBe('usage');
  });
});
