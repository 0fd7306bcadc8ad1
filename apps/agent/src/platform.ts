import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Platform } from '@vestige/contract';

import { type KernelLog, readKernelLog } from './source/kernel-log.ts';

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const devices: readonly (readonly [string, Platform])[] = [
  ['dev/sev-guest', 'sev-snp'],
  ['sys/devices/platform/sev-guest', 'sev-snp'],
  ['dev/tdx_guest', 'tdx'],
  ['sys/devices/virtual/misc/tdx_guest', 'tdx'],
];

/**
 * What confidential computing this machine shows, by its own devices, its processor's flags and what its kernel said while
 * it booted. `none` only where the processor, the absence of a hypervisor or a log that begins with the boot rules it out:
 * plain SEV and SEV-ES leave no other trace that any program may see.
 */
export async function detectPlatform(root = '/'): Promise<Platform> {
  for (const [path, platform] of devices) if (await exists(join(root, path))) return platform;
  const cpu = await readFile(join(root, 'proc/cpuinfo'), 'utf8').catch(() => '');
  return byProcessor(cpu) ?? byLog(readKernelLog(join(root, 'dev/kmsg')));
}

/** Null where only the kernel knows: SEV is AMD's, and shows no flag to the guest. */
function byProcessor(cpu: string): Platform | null {
  const vendor = /^vendor_id\s*:\s*(\S+)/m.exec(cpu)?.[1];
  const flags = /^flags\s*:\s*(.*)$/m.exec(cpu)?.[1]?.split(' ') ?? [];
  if (flags.includes('tdx_guest')) return 'tdx';
  if (vendor === undefined) return 'unknown';
  if (!flags.includes('hypervisor')) return 'none';
  // TDX announces itself to its guest by the flag above.
  return vendor === 'GenuineIntel' ? 'none' : null;
}

/** arch/x86/mm/mem_encrypt.c; the maker's name moved in Linux 5.19. */
const announcement = /Memory Encryption Features active:(?<features>.*)$/;

const byFeature: readonly (readonly [string, Platform])[] = [
  ['SEV-SNP', 'sev-snp'],
  ['SEV-ES', 'sev-es'],
  ['SEV', 'sev'],
  ['TDX', 'tdx'],
];

function byLog(log: KernelLog | null): Platform {
  if (log === null) return 'unknown';
  const said = log.messages.map((text) => announcement.exec(text)).find((match) => match !== null);
  const features = said?.groups?.['features']?.trim().split(' ') ?? [];
  const known = byFeature.find(([feature]) => features.includes(feature))?.[1];
  if (known !== undefined) return known;
  return log.isWhole || said !== undefined ? 'none' : 'unknown';
}
