import { join } from 'node:path';

import type { SourceCondition } from '@vestige/contract';

import { mountsOf } from './mounts.ts';
import { lookAtModule, type Refusal, type SecretModule, UnboundReason } from './secret-module.ts';

/** Why the kernel's directory of secrets is not there. */
export interface Absence {
  readonly condition: SourceCondition;
  readonly detail: string;
  /** False where secrets may be in the area all the same. */
  readonly isComplete: boolean;
}

const securityfs = '/sys/kernel/security';
const directory = 'secrets/coco';

/** Tells the causes of an absent directory apart, as far as this kernel lets it. */
export class AbsenceOfSecrets {
  readonly #root: string;
  readonly #reason: UnboundReason;

  constructor(root = '/') {
    this.#root = root;
    this.#reason = new UnboundReason(root);
  }

  async explain(path: string): Promise<Absence> {
    const mounts = await mountsOf('securityfs', this.#root);
    const places = new Set([securityfs, ...mounts].map((mount) => join(mount, directory)));
    if (!places.has(path)) return absent('There is no such directory.');
    const elsewhere = mounts.filter((mount) => join(mount, directory) !== path);
    const isMounted = elsewhere.length < mounts.length;
    const module = await lookAtModule(this.#root);
    if (!isMounted) return absent(`No directory: ${unmounted(elsewhere)}${orNoModule(module)}.`);
    return explainMounted(module, () => this.#reason.look());
  }
}

function absent(detail: string): Absence {
  return { condition: 'absent', detail, isComplete: true };
}

function unmounted([first]: readonly string[]): string {
  return first === undefined
    ? `securityfs is not mounted at ${securityfs}`
    : `securityfs is mounted elsewhere; name it with --source efi-secret:${join(first, directory)}`;
}

function orNoModule({ state }: SecretModule): string {
  return state === 'absent' ? ', and the module is not loaded' : '';
}

function explainMounted(module: SecretModule, reason: () => Refusal): Absence {
  if (module.state === 'absent') return absent(`No directory: ${withoutModule(module)}.`);
  if (!module.hasDevice)
    return absent('No directory: the firmware announced no secret area to the kernel.');
  if (module.isBound) return absent('No directory, though the driver has the area.');
  return explainUnbound(reason());
}

function withoutModule({ hasDevice, isAvailable }: SecretModule): string {
  const notLoaded = 'the module is not loaded';
  if (hasDevice)
    return isAvailable === false
      ? `${notLoaded} and not installed, though the firmware announced a secret area`
      : `${notLoaded}, though the firmware announced a secret area: modprobe efi_secret`;
  if (isAvailable === true) return `${notLoaded}, and the firmware announced no secret area`;
  return `${notLoaded}; whether the firmware has a secret area cannot be told without it`;
}

const notToldApart =
  'No directory: the area is not filled, or its table is corrupt. Which of them the kernel log told, which is not whole or may not be read.';

function explainUnbound(refusal: Refusal): Absence {
  if (refusal.told === 'corrupt') {
    const detail = `The kernel refused the whole table: ${refusal.message}. What is in the area is still there.`;
    return { condition: 'corrupt', detail, isComplete: false };
  }
  if (refusal.told === 'nothing') {
    const detail = 'The firmware has a secret area, and nobody filled it.';
    return { condition: 'empty', detail, isComplete: true };
  }
  const detail = refusal.told === 'failed' ? `No directory: ${refusal.message}.` : notToldApart;
  return { condition: 'absent', detail, isComplete: false };
}
