import type { BootLedger } from '../ledger/boot-ledger.ts';
import type { Observer } from '../observe/observer.ts';
import { BackOff } from '../uplink/back-off.ts';
import { Wake } from '../wake.ts';
import { type KeeperParts, PolicyKeeper } from './policy-keeper.ts';
import { PolicyLoop, type PolicyLoopOptions } from './policy-loop.ts';
import { PolicyWiper, type WiperOptions } from './policy-wiper.ts';

export type EnforcementParts = KeeperParts & Omit<WiperOptions, 'keeper'>;

/** What makes an agent that enforces policies out of one that observes. */
export class Enforcement {
  readonly #keeper: PolicyKeeper;
  #parts: EnforcementParts | null = null;
  #wiper: PolicyWiper | null = null;
  #loop: PolicyLoop | null = null;

  private constructor(keeper: PolicyKeeper) {
    this.#keeper = keeper;
  }

  /** Rejects where the policies that were kept cannot be read: without them nothing could be refused. */
  static async open(path: string): Promise<Enforcement> {
    return new Enforcement(await PolicyKeeper.open(path));
  }

  /** Before anything is watched: from the first reader on, what was kept counts. */
  async begin(observer: Observer, ledger: BootLedger): Promise<void> {
    await observer.setReads(ledger.read().reads);
    await observer.setPolicies(this.#keeper.policies);
  }

  attach(parts: EnforcementParts): void {
    this.#parts = parts;
    this.#wiper = new PolicyWiper({ ...parts, keeper: this.#keeper });
  }

  /** Records which policies are in force, where that is not recorded yet, and wipes what is due. */
  async look(): Promise<void> {
    if (this.#parts !== null) await this.#keeper.tell(this.#parts);
    this.#wiper?.look();
  }

  /** A secret may have been read as often as it may. */
  lookAtReads(): void {
    this.#wiper?.look();
  }

  /** Takes what the service says from now on; resolves when it is stopped. */
  async follow(options: Pick<PolicyLoopOptions, 'guest' | 'link' | 'state'>): Promise<void> {
    const parts = this.#parts;
    if (parts === null) return;
    this.#loop = new PolicyLoop({
      ...options,
      version: () => this.#keeper.versionFor(options.guest),
      take: async (saved) => {
        await this.#keeper.take(saved, parts);
        this.#wiper?.look();
      },
      backOff: new BackOff(),
      wake: new Wake(),
    });
    await this.#loop.run();
  }

  stop(): void {
    this.#loop?.stop();
    this.#wiper?.stop();
  }
}
