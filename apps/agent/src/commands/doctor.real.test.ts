import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { buildTable } from '@vestige/secret-area';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ServiceDouble } from '../testing/service-double.ts';
import type { Check } from './checks/check.ts';

const execute = promisify(execFile);
const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const diskKey = '736869e5-84f0-4973-92ec-06879ce3da0b';
const isRoot = process.getuid?.() === 0;

interface Findings {
  code: number;
  checks: Check[];
}

let base: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'vestige-doctor-test-'));
});

afterEach(() => rmSync(base, { recursive: true }));

async function run(...args: string[]): Promise<{ code: number; stdout: string }> {
  const done = await execute(process.execPath, [program, ...args]).catch(
    (error: { code: number; stdout: string }) => error,
  );
  return { code: 'code' in done ? done.code : 0, stdout: done.stdout };
}

async function examine(...args: string[]): Promise<Findings> {
  const { code, stdout } = await run('doctor', '--json', ...args);
  return { code, checks: (JSON.parse(stdout) as Findings).checks };
}

const find = ({ checks }: Findings, code: string): Check | undefined =>
  checks.find((check) => check.code === code);

const directory = (): string => join(base, 'coco');
const source = (): string[] => ['--source', `efi-secret:${directory()}`];

describe('doctor on this machine', () => {
  it('looks at everything, in sentences, with an advice for whatever is not well', async () => {
    const findings = await examine();
    const codes = findings.checks.map(({ code }) => code);
    const always = ['node', 'rights', 'memory', 'clock', 'hold-readers', 'inotify', 'who-deletes'];
    expect(codes).toStrictEqual(
      expect.arrayContaining([...always, 'securityfs', 'module', 'source-efi-secret']),
    );
    for (const { state, says, advice } of findings.checks) {
      expect(says).toMatch(/[.:]/);
      expect(advice !== '').toBe(state !== 'ok');
    }
    const isFailing = findings.checks.some(({ state }) => state === 'fail');
    expect(findings.code).toBe(isFailing ? 1 : 0);
    expect(find(findings, 'node')?.state).toBe('ok');
  });

  it.runIf(isRoot)('really tries whether readers can be held', async () => {
    const check = find(await examine(), 'hold-readers');
    expect(check).toMatchObject({
      state: 'ok',
      says: expect.stringContaining('can be held') as string,
    });
  });

  it('says the same in words, and counts', async () => {
    const { stdout } = await run('doctor');
    expect(stdout).toMatch(/^ok {4}node /m);
    expect(stdout).toMatch(/^\d+ failures?, \d+ warnings?$/m);
  });
});

describe('doctor and scan over a source', () => {
  it.each([
    ['absent', 'warn', () => {}],
    ['empty', 'ok', () => mkdirSync(directory())],
    [
      'populated',
      'ok',
      () => {
        mkdirSync(directory());
        writeFileSync(join(directory(), diskKey), 'x');
      },
    ],
  ])('that is %s', async (condition, state, setUp) => {
    setUp();
    const check = find(await examine(...source()), 'source-efi-secret');
    expect(check?.state).toBe(state);
    expect(check?.says).toContain(`: ${condition}`);
    const scanned = await run('scan', '--json', ...source());
    expect(scanned.code).toBe(0);
    expect(JSON.parse(scanned.stdout)).toMatchObject({
      guest: { platform: expect.any(String) as string, module: expect.any(String) as string },
      sources: [
        {
          source: { kind: 'efi-secret', path: directory() },
          condition,
          isComplete: true,
          capabilities: expect.arrayContaining(['per-item-wipe']) as string[],
          secrets:
            condition === 'populated' ? [{ name: diskKey, guid: diskKey, dataLength: 1 }] : [],
        },
      ],
    });
  });

  it('fails for a corrupt table', async () => {
    const image = join(base, 'area.bin');
    const bytes = buildTable([{ guid: diskKey, data: Buffer.from('x') }]);
    bytes[36] = 7;
    writeFileSync(image, bytes);
    const findings = await examine('--source', `table:${image}`);
    expect([findings.code, find(findings, 'source-table')?.state]).toStrictEqual([1, 'fail']);
    expect((await run('scan', '--source', `table:${image}`)).code).toBe(1);
  });
});

describe('doctor for an agent', () => {
  it('tries the state directory without leaving anything there', async () => {
    const stateDir = join(base, 'state');
    mkdirSync(stateDir, { mode: 0o700 });
    const findings = await examine('--state-dir', stateDir);
    expect(find(findings, 'state-dir')?.state).toBe('ok');
    expect(find(findings, 'identity')).toMatchObject({ state: 'warn' });
    expect(find(findings, 'agent')).toMatchObject({ state: 'warn' });
    expect(readdirSync(stateDir)).toStrictEqual([]);
  });

  it('fails for a state directory that others can write', async () => {
    const stateDir = join(base, 'state');
    mkdirSync(stateDir);
    await execute('chmod', ['0777', stateDir]);
    const findings = await examine('--state-dir', stateDir);
    expect([findings.code, find(findings, 'state-dir')?.state]).toStrictEqual([1, 'fail']);
  });

  it('asks the service whether it is there, and fails where it is not', async () => {
    const service = await ServiceDouble.listen();
    expect(find(await examine('--api', service.url), 'service')?.says).toContain('answers');
    await service.close();
    const findings = await examine('--api', service.url);
    expect([findings.code, find(findings, 'service')?.state]).toStrictEqual([1, 'fail']);
    expect(find(findings, 'service')?.says).toContain('ECONNREFUSED');
  });
});
