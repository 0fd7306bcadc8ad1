import { rename, rm } from 'node:fs/promises';

import { BootId, SecretRef, WipeEvidence, WipeFailure } from '@vestige/contract';
import { z } from 'zod';

import { AgentError, causeOf, oneLine } from '../agent-error.ts';
import { readJson, writeDurable } from '../durable-file.ts';
import type { BootLedger } from '../ledger/boot-ledger.ts';
import type { Log } from '../log.ts';
import type { Records } from '../records.ts';
import type { Discovery } from '../source/discovery.ts';
import { openDice } from '../source/open-dice.ts';
import {
  secretKey,
  type SecretSource,
  sourceKey,
  type WipeResult,
} from '../source/secret-source.ts';

export interface LocalWipesOptions {
  /** Holds the one wipe whose outcome is not in the journal yet. */
  readonly path: string;
  readonly boot: string;
  readonly records: Records;
  readonly ledger: BootLedger;
  readonly discovery: Pick<Discovery, 'source' | 'ownAccess' | 'expectWipe'>;
  readonly log: Log;
}

const Result = z.discriminatedUnion('wiped', [
  z.strictObject({ wiped: z.literal(true), evidence: WipeEvidence }),
  z.strictObject({ wiped: z.literal(false), reason: WipeFailure, detail: z.string() }),
]);

const Pending = z.strictObject({
  boot: BootId,
  secret: SecretRef,
  /** Null while it is being wiped. */
  result: Result.nullable(),
});
type Pending = z.infer<typeof Pending>;

const detailMax = 300;
const interruptedGone =
  'Gone after a restart: the agent may have wiped it without keeping evidence, or somebody else did.';
const interruptedThere = 'The agent ended before it wiped; the secret is still there.';

/**
 * Wipes that no order asks for. Each is on disk before anything is touched, and its evidence until it is in the journal:
 * so a kill or a full journal loses neither. One at a time, in turn with everything else that lists and wipes.
 */
export class LocalWipes {
  readonly #options: LocalWipesOptions;
  #pending: Pending | null = null;

  constructor(options: LocalWipesOptions) {
    this.#options = options;
  }

  /** Records what an earlier process left; before the first scan, which would call the secret vanished. */
  async recover(): Promise<void> {
    const { path, boot, log } = this.#options;
    const saved = await readJson(path).catch(() => undefined);
    if (saved === null) return;
    const pending = Pending.safeParse(saved);
    if (!pending.success || pending.data.boot !== boot) {
      await rename(path, `${path}.unrecorded`);
      return log(`a wipe of another boot was not recorded: see ${path}.unrecorded`);
    }
    const { secret, result } = pending.data;
    this.#pending = { boot, secret, result: result ?? (await this.#interrupted(secret)) };
    if (result?.wiped === true && !this.#isKnownPresent(secret)) return this.#settle();
    await this.flush();
  }

  /** Throws where an earlier outcome is still not recorded: then nothing is touched. */
  async wipe(secret: SecretRef): Promise<{ result: WipeResult; isRecorded: boolean }> {
    const { boot, discovery } = this.#options;
    if (!(await this.flush()))
      throw new AgentError('state', 'The journal takes no records: nothing was touched.');
    const source = this.#sourceOf(secret);
    if (source === undefined) throw new AgentError('state', 'The agent does not have this source.');
    await this.#keep({ boot, secret, result: null });
    await discovery.expectWipe(secret);
    const result = await source.wipe(secret, discovery.ownAccess(sourceKey(secret.source)));
    this.#pending = { boot, secret, result };
    // A full disk may still take the record, for which the journal keeps room.
    await this.#keep(this.#pending).catch(() => undefined);
    return { result, isRecorded: await this.flush() };
  }

  /** Of what is only wiped where it is named, whoever asks here has named it. */
  #sourceOf({ source: { kind, path } }: SecretRef): SecretSource | undefined {
    const known = this.#options.discovery.source(sourceKey({ kind, path }));
    return kind === 'open-dice' && known !== undefined ? openDice(path, true) : known;
  }

  /** Whether everything is in the journal now. */
  async flush(): Promise<boolean> {
    const pending = this.#pending;
    if (pending === null || pending.result === null) return true;
    try {
      await this.#record(pending.secret, pending.result);
      await this.#settle();
      return true;
    } catch (error) {
      this.#options.log(`the wipe of ${pending.secret.name} is not recorded (${causeOf(error)})`);
      return false;
    }
  }

  async #record(secret: SecretRef, result: WipeResult): Promise<void> {
    const { records, log } = this.#options;
    if (result.wiped) {
      const { evidence } = result;
      await records.record('secret.wiped', { secret, order: null, evidence });
      return log(`wiped ${secret.name} (${evidence.verification.result})`);
    }
    const detail = oneLine(result.detail, detailMax);
    const { reason } = result;
    await records.record('secret.wipe-failed', { secret, order: null, reason, detail });
    log(`${secret.name} not wiped, ${reason}`);
  }

  async #interrupted(secret: SecretRef): Promise<WipeResult> {
    const { discovery } = this.#options;
    const source = discovery.source(sourceKey(secret.source));
    const listing = await source?.list(discovery.ownAccess(sourceKey(secret.source)));
    const isThere = listing?.items.some((item) => item.secret.name === secret.name) === true;
    return isThere
      ? { wiped: false, reason: 'io-error', detail: interruptedThere }
      : { wiped: false, reason: 'already-gone', detail: interruptedGone };
  }

  #isKnownPresent(secret: SecretRef): boolean {
    return this.#options.ledger.read().secrets.get(secretKey(secret))?.isPresent === true;
  }

  async #keep(pending: Pending): Promise<void> {
    await writeDurable(this.#options.path, `${JSON.stringify(pending)}\n`);
    this.#pending = pending;
  }

  async #settle(): Promise<void> {
    this.#pending = null;
    await rm(this.#options.path, { force: true });
  }
}
