import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { AbsenceOfSecrets } from './absence.ts';
import { efiSecretPath } from './efi-secret.ts';
import { moduleState } from './secret-module.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vestige-absence-'));
  put('proc/self/mountinfo', mount('/sys/kernel/security'));
});

afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, text = ''): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const mount = (path: string): string =>
  `24 1 0:6 / /sys rw - sysfs sysfs rw\n25 24 0:7 / ${path} rw,nosuid - securityfs securityfs rw\n`;
const loaded = (): void => {
  put('proc/modules', 'efi_secret 16384 0 - Live 0x0\n');
  mkdirSync(join(root, 'sys/bus/platform/drivers/efi_secret'), { recursive: true });
};
const announced = (): void => put('sys/bus/platform/devices/efi_secret.0');
const said = (...messages: string[]): void =>
  put('dev/kmsg', messages.map((text, at) => `3,${at},0,-;${text}\n`).join(''));

const explain = (path = efiSecretPath) => new AbsenceOfSecrets(root).explain(path);

describe('an absent directory of secrets', () => {
  it('is nothing but a missing directory where it is not the kernel’s place', async () => {
    expect(await explain('/tmp/coco')).toStrictEqual({
      condition: 'absent',
      detail: 'There is no such directory.',
      isComplete: true,
    });
  });

  it('may be a securityfs that is not mounted, or mounted elsewhere', async () => {
    put('proc/self/mountinfo', '');
    expect((await explain()).detail).toContain('not mounted at /sys/kernel/security');
    put('proc/self/mountinfo', mount('/mnt/a\\040b'));
    expect((await explain()).detail).toContain('--source efi-secret:/mnt/a b/secrets/coco');
  });

  it('is judged the same at the place of another mount', async () => {
    put('proc/self/mountinfo', mount('/mnt'));
    expect((await explain('/mnt/secrets/coco')).detail).toContain('module is not loaded');
  });

  it.each([
    ['cannot be told without it', () => {}],
    ['modprobe efi_secret', announced],
    [
      'announced no secret area',
      () => put(`lib/modules/${release()}/modules.dep`, 'kernel/a/efi_secret.ko.xz:\n'),
    ],
    [
      'not installed',
      () => {
        announced();
        put(`lib/modules/${release()}/modules.dep`, 'kernel/b/other.ko:\n');
      },
    ],
  ])('may be a module that is not loaded: %s', async (words, setUp) => {
    setUp();
    const { condition, detail } = await explain();
    expect(condition).toBe('absent');
    expect(detail).toContain('the module is not loaded');
    expect(detail).toContain(words);
  });

  it('may be a firmware without an area', async () => {
    loaded();
    expect((await explain()).detail).toContain('announced no secret area');
  });

  it.each([
    [
      'EFI secret area is corrupted',
      'efi_secret efi_secret.0: EFI secret area is corrupted',
      'efi_secret efi_secret.0: probe with driver efi_secret failed with error -22',
    ],
    [
      'EFI secret area reported length is too big',
      'efi_secret efi_secret.0: EFI secret area reported length is too big',
      'efi_secret: probe of efi_secret.0 failed with error -22',
    ],
    ['two entries have one GUID', 'efi_secret: probe of efi_secret.0 failed with error -17'],
  ])('may be a corrupt table: %s', async (reason, ...messages) => {
    loaded();
    announced();
    said('Linux version 6.12', ...messages);
    const { condition, detail, isComplete } = await explain();
    expect([condition, isComplete]).toStrictEqual(['corrupt', false]);
    expect(detail).toContain(reason);
  });

  it('is an empty source where the area was announced and the kernel had nothing to say of it', async () => {
    loaded();
    announced();
    said('Linux version 6.12');
    expect(await explain()).toMatchObject({ condition: 'empty', isComplete: true });
  });

  it('is not guessed at where the log is gone, and may hide secrets', async () => {
    loaded();
    announced();
    expect(await explain()).toMatchObject({ condition: 'absent', isComplete: false });
    put('dev/kmsg', '6,900,0,-;something later\n');
    expect((await explain()).detail).toContain('not filled, or its table is corrupt');
  });

  it('tells a driver that failed for another reason by the kernel’s words', async () => {
    loaded();
    announced();
    said('efi_secret: probe of efi_secret.0 failed with error -12');
    expect(await explain()).toMatchObject({ condition: 'absent', isComplete: false });
    expect((await explain()).detail).toContain('error -12');
  });
});

describe('the state of the module', () => {
  it('is loaded, built in or absent', async () => {
    expect(await moduleState(root)).toBe('absent');
    put(`lib/modules/${release()}/modules.builtin`, 'kernel/drivers/virt/coco/efi_secret.ko\n');
    expect(await moduleState(root)).toBe('built-in');
    loaded();
    expect(await moduleState(root)).toBe('loaded');
  });
});
