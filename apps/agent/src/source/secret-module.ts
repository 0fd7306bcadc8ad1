/*
 * What:      The kernel's `efi_secret`: a driver, mostly a module, for the platform device `efi_secret.0`. The kernel makes
 *            the device at boot where the firmware announced a secret area, whether or not there is a driver.
 * Read:      /proc/modules and sysfs tell driver, device and whether the two are bound. The kernel's log tells why not:
 *            a corrupt table is said at the level of errors, an area that nobody filled is not said at all.
 * Wipe:      Nothing here.
 * Traps:     Built into the kernel, it is not in /proc/modules and has no directory in /sys/module. A module that failed to
 *            bind stays loaded. The log forgets, and without root it cannot be read.
 * Reference: drivers/virt/coco/efi_secret/efi_secret.c, drivers/firmware/efi/efi.c, Documentation/ABI/testing/dev-kmsg.
 */
import { access, readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';

import { type KernelLog, readKernelLog } from './kernel-log.ts';

export type ModuleState = 'loaded' | 'built-in' | 'absent';

export interface SecretModule {
  readonly state: ModuleState;
  /** Whether modprobe would find it; null where there is no list of this kernel's modules. */
  readonly isAvailable: boolean | null;
  /** The firmware announced a secret area, and the kernel is one that looks for it. */
  readonly hasDevice: boolean;
  readonly isBound: boolean;
}

const platform = 'sys/bus/platform';

export async function lookAtModule(root = '/', kernel = release()): Promise<SecretModule> {
  const exists = (path: string): Promise<boolean> =>
    access(join(root, path)).then(
      () => true,
      () => false,
    );
  const [state, isAvailable, hasDevice, isBound] = await Promise.all([
    moduleState(root, kernel),
    isInModules(root, kernel),
    exists(`${platform}/devices/efi_secret.0`),
    exists(`${platform}/drivers/efi_secret/efi_secret.0`),
  ]);
  return { state, isAvailable, hasDevice, isBound };
}

/** How the kernel has the driver now. */
export async function moduleState(root = '/', kernel = release()): Promise<ModuleState> {
  const read = (path: string): Promise<string> =>
    readFile(join(root, path), 'utf8').catch(() => '');
  if (/^efi_secret /m.test(await read('proc/modules'))) return 'loaded';
  const isDriver = await access(join(root, platform, 'drivers/efi_secret')).then(
    () => true,
    () => false,
  );
  if (isDriver) return 'built-in';
  const builtIn = await read(`lib/modules/${kernel}/modules.builtin`);
  return /\/efi_secret\.ko$/m.test(builtIn) ? 'built-in' : 'absent';
}

async function isInModules(root: string, kernel: string): Promise<boolean | null> {
  const path = join(root, 'lib/modules', kernel, 'modules.dep');
  const text = await readFile(path, 'utf8').catch(() => null);
  return text === null ? null : /\/efi_secret\.ko[.a-z0-9]*:/m.test(text);
}

/** Why the driver did not take the device: what it said last, nothing at all, or what cannot be told. */
export type Refusal =
  | { readonly told: 'corrupt'; readonly message: string }
  | { readonly told: 'failed'; readonly message: string }
  | { readonly told: 'nothing' }
  | { readonly told: 'unknown' };

const driverError = /\bEFI secret area (?:is|reported).*/;
const probeError = /efi_secret.*probe.* failed with error -(?<errno>\d+)/;
/** Two entries of one GUID. */
const EEXIST = '17';
/** A length that cannot be. */
const EINVAL = '22';

export function whyUnbound(log: KernelLog | null): Refusal {
  if (log === null) return { told: 'unknown' };
  const own = lastOf(log, driverError)?.[0];
  const probe = lastOf(log, probeError);
  if (probe !== undefined) return byErrno(probe, own);
  if (own !== undefined) return { told: 'corrupt', message: own };
  return { told: log.isWhole ? 'nothing' : 'unknown' };
}

function byErrno(probe: RegExpExecArray, own: string | undefined): Refusal {
  const errno = probe.groups?.['errno'];
  if (errno === EEXIST) return { told: 'corrupt', message: 'two entries have one GUID' };
  if (errno === EINVAL) return { told: 'corrupt', message: own ?? probe[0] };
  return { told: 'failed', message: probe[0] };
}

function lastOf(log: KernelLog, pattern: RegExp): RegExpExecArray | undefined {
  return (
    log.messages.map((text) => pattern.exec(text)).findLast((match) => match !== null) ?? undefined
  );
}

const logMilliseconds = 30_000;

/** Reads the log now and then only: whoever looks for a directory that is not there looks every other second. */
export class UnboundReason {
  readonly #path: string;
  #readAt = -Infinity;
  #refusal: Refusal = { told: 'unknown' };

  constructor(root = '/') {
    this.#path = join(root, 'dev/kmsg');
  }

  look(): Refusal {
    const now = performance.now();
    if (now - this.#readAt >= logMilliseconds) {
      this.#readAt = now;
      this.#refusal = whyUnbound(readKernelLog(this.#path));
    }
    return this.#refusal;
  }
}
