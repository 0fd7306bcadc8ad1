import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Platform } from '@vestige/contract';

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * What confidential computing this machine shows, by its own devices and flags. `none` only where the processor or the
 * absence of a hypervisor rules it out; plain SEV and SEV-ES leave no trace that any program may see, so they are `unknown`.
 */
export async function detectPlatform(root = '/'): Promise<Platform> {
  const shows = (path: string): Promise<boolean> => exists(join(root, path));
  if ((await shows('dev/sev-guest')) || (await shows('sys/devices/platform/sev-guest')))
    return 'sev-snp';
  const cpu = await readFile(join(root, 'proc/cpuinfo'), 'utf8').catch(() => '');
  return (await shows('dev/tdx_guest')) ? 'tdx' : byProcessor(cpu);
}

function byProcessor(cpu: string): Platform {
  const vendor = /^vendor_id\s*:\s*(\S+)/m.exec(cpu)?.[1];
  const flags = /^flags\s*:\s*(.*)$/m.exec(cpu)?.[1]?.split(' ') ?? [];
  if (flags.includes('tdx_guest')) return 'tdx';
  if (vendor === undefined) return 'unknown';
  if (!flags.includes('hypervisor')) return 'none';
  // TDX announces itself to its guest by the flag above, and SEV is AMD's.
  return vendor === 'GenuineIntel' ? 'none' : 'unknown';
}
