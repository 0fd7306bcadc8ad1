import type { GuidPolicy } from '@vestige/contract';

import { causeOf } from '../agent-error.ts';
import type { BootLedger } from '../ledger/boot-ledger.ts';
import type { Log } from '../log.ts';
import type { Observer } from '../observe/observer.ts';
import type { Records } from '../records.ts';
import { loadPolicies, type Saved, savePolicies } from './policy-file.ts';

export interface KeeperParts {
  readonly observer: Pick<Observer, 'setPolicies'>;
  readonly records: Pick<Records, 'record'>;
  readonly ledger: Pick<BootLedger, 'read'>;
  readonly log: Log;
}

/** The policies in force. They are on the disk before they are applied, so a restart without the service applies the same. */
export class PolicyKeeper {
  readonly #path: string;
  #saved: Saved;
  /** Which version is recorded, or is being recorded. */
  #told = -1;

  private constructor(path: string, saved: Saved) {
    this.#path = path;
    this.#saved = saved;
  }

  static async open(path: string): Promise<PolicyKeeper> {
    return new PolicyKeeper(path, await loadPolicies(path));
  }

  get policies(): readonly GuidPolicy[] {
    return this.#saved.policies;
  }

  /** After which version the service is asked for more: from the beginning where another guest was given these. */
  versionFor(guest: string): number {
    return this.#saved.guest === guest ? this.#saved.version : -1;
  }

  async take(saved: Saved, parts: KeeperParts): Promise<void> {
    if (saved.guest === this.#saved.guest && saved.version === this.#saved.version) return;
    await savePolicies(this.#path, saved);
    this.#saved = saved;
    await parts.observer.setPolicies(saved.policies);
    await this.tell(parts);
  }

  /** Once for each change, and each boot. What a full journal cannot take now is told when the agent looks again. */
  async tell({ records, ledger, log }: KeeperParts): Promise<void> {
    const { version, policies } = this.#saved;
    if (version === this.#told || ledger.read().policiesVersion === version) return;
    this.#told = version;
    try {
      await records.record('agent.policies-taken', { version, count: policies.length });
      log(`policies of version ${version}: ${policies.length} in force`);
    } catch (error) {
      this.#told = -1;
      log(`policies of version ${version} are in force, which is not recorded (${causeOf(error)})`);
    }
  }
}
