import type { Platform } from '@vestige/contract';

import { readBoot } from './boot.ts';
import { detectPlatform } from './platform.ts';
import { type ModuleState, moduleState } from './source/secret-module.ts';

/** What this machine is, as `scan` and `doctor` show it. */
export interface GuestFacts {
  readonly platform: Platform;
  readonly kernel: string;
  readonly boot: string;
  /** The kernel's `efi_secret`. */
  readonly module: ModuleState;
}

export async function guestFacts(): Promise<GuestFacts> {
  const [platform, { kernel, id }, module] = await Promise.all([
    detectPlatform(),
    readBoot(),
    moduleState(),
  ]);
  return { platform, kernel, boot: id, module };
}
