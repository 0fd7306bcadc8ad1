import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { detectPlatform } from './platform.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vestige-platform-'));
});

afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, text = ''): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const cpu = (vendor: string, flags: string): string =>
  `processor\t: 0\nvendor_id\t: ${vendor}\nflags\t\t: fpu ${flags}\n`;

describe('detectPlatform', () => {
  it('knows SEV-SNP by its guest device', async () => {
    put('dev/sev-guest');
    put('proc/cpuinfo', cpu('AuthenticAMD', 'hypervisor'));
    expect(await detectPlatform(root)).toBe('sev-snp');
  });

  it.each([
    ['tdx', 'GenuineIntel', 'hypervisor tdx_guest'],
    ['none', 'GenuineIntel', 'hypervisor'],
    ['none', 'AuthenticAMD', 'sev sev_es'],
    ['unknown', 'AuthenticAMD', 'hypervisor sev'],
  ])('says %s of %s with %s', async (platform, vendor, flags) => {
    put('proc/cpuinfo', cpu(vendor, flags));
    expect(await detectPlatform(root)).toBe(platform);
  });

  it.each([
    ['sev', 'AMD Memory Encryption Features active: SEV'],
    ['sev-es', 'Memory Encryption Features active: AMD SEV SEV-ES'],
    ['sev-snp', 'Memory Encryption Features active: AMD SEV SEV-ES SEV-SNP'],
    ['none', 'Memory Encryption Features active: AMD SME'],
  ])('takes the kernel’s word for %s', async (platform, message) => {
    put('proc/cpuinfo', cpu('AuthenticAMD', 'hypervisor'));
    put('dev/kmsg', `6,700,123456,-;${message}\n`);
    expect(await detectPlatform(root)).toBe(platform);
  });

  it('takes silence for an answer only where the log begins with the boot', async () => {
    put('proc/cpuinfo', cpu('AuthenticAMD', 'hypervisor'));
    put('dev/kmsg', '5,0,0,-;Linux version 6.12\n6,1,0,-;Command line: quiet\n');
    expect(await detectPlatform(root)).toBe('none');
    put('dev/kmsg', '6,1,0,-;Command line: quiet\n');
    expect(await detectPlatform(root)).toBe('unknown');
  });

  it('does not guess where nothing tells', async () => {
    expect(await detectPlatform(root)).toBe('unknown');
  });
});
