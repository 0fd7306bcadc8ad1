import { type CheckpointConflict, logConsistency, logKey } from '@vestige/contract';

import type { Log } from '../log.ts';
import type { ServiceLink } from '../uplink/service-link.ts';
import { isRefusal } from '../uplink/trouble.ts';
import { addConflict, type Conflict, dueConflict, isMet, markRecorded } from './conflicts.ts';
import { isConsistent, isSigned, judge, readCheckpoint, type Verdict } from './judge.ts';
import { hasUnknownKey, parseListing, signersAmong, verifiersOf, withKeys } from './log-keys.ts';
import type { WitnessFile, WitnessState } from './witness-file.ts';
import { describeConflict } from './witness-status.ts';

/** The replica that is asked for a proof may be a moment behind the one that showed the checkpoint. */
const refusalsMax = 2;

export interface CheckOptions {
  readonly link: Pick<ServiceLink, 'call'>;
  readonly file: WitnessFile;
  /** Resolves once the conflict is durable in the journal; the same one twice in a row is one. */
  readonly record: (conflict: Conflict) => Promise<void>;
  readonly log: Log;
}

/** Which log is kept, and the verifier keys that sign it. */
interface Trust {
  readonly origin: string;
  readonly keys: readonly string[];
}

type Unproven = Extract<Verdict, { kind: 'unproven' }>;

/** Checks one checkpoint at a time against what is kept. Rejects where that cannot be done now, and is then to be asked again. */
export class Check {
  readonly #options: CheckOptions;
  readonly #signal: AbortSignal;
  #refusals = 0;

  constructor(options: CheckOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  async run(note: string): Promise<void> {
    const trust = await this.#trust(note);
    const keys = verifiersOf(trust.keys);
    const kept = this.#state.kept === null ? null : readCheckpoint(this.#state.kept);
    const verdict = judge({ origin: trust.origin, keys, kept }, note);
    if (verdict.kind === 'empty') return;
    if (verdict.kind === 'conflict') return this.#contradict(verdict.reason, note);
    if (verdict.kind === 'unproven' && !(await this.#isProven(verdict)))
      return this.#contradict('inconsistent', note);
    const isGrowth = verdict.kind === 'unproven' && verdict.older === kept;
    if (verdict.kind === 'first' || isGrowth) await this.#keep(note, trust);
    await this.#learnKeys(note, trust.origin);
  }

  /** Writes to the journal what a full journal or a kill kept from being written. */
  async recordDue(): Promise<void> {
    const due = dueConflict(this.#state.conflicts);
    if (due === undefined) return;
    await this.#options.record(due);
    await this.#save({ conflicts: markRecorded(this.#state.conflicts) });
  }

  /** Without any key, those that the service lists are trusted, once they are seen to sign what it shows. */
  async #trust(note: string): Promise<Trust> {
    const { origin, keys } = this.#state;
    if (origin !== null) return { origin, keys };
    const seen = readCheckpoint(note);
    const isOfUse = seen !== null && seen.size > 0;
    return {
      origin: seen?.origin ?? '',
      keys: isOfUse ? withKeys([], await this.#listedKeys()) : [],
    };
  }

  /** One refusal may come from a replica that lags; the second is an answer. */
  async #isProven({ older, newer }: Unproven): Promise<boolean> {
    const query = { from: older.size, to: newer.size };
    const { link } = this.#options;
    try {
      const answer = await link.call(logConsistency, { query }, { signal: this.#signal });
      this.#refusals = 0;
      return isConsistent(answer, older, newer);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#refusals += 1;
      if (this.#refusals < refusalsMax) throw error;
      this.#refusals = 0;
      return false;
    }
  }

  /** What was found is durable before anything else is done about it; the log that was shown is the one to watch from now on. */
  async #contradict(reason: CheckpointConflict, note: string): Promise<void> {
    const { kept, conflicts } = this.#state;
    const now = new Date().toISOString();
    const adopted = reason === 'inconsistent' ? { kept: note, keptAt: now } : {};
    if (isMet(conflicts, reason, note)) {
      if (reason === 'inconsistent') await this.#save(adopted);
    } else {
      const conflict = { reason, at: now, kept, seen: note };
      await this.#save({ ...adopted, conflicts: addConflict(conflicts, conflict) });
      this.#options.log(`log: conflict: ${describeConflict(reason, note, kept)}`);
      await this.recordDue();
    }
    if (reason !== 'inconsistent' && this.#state.origin !== null) await this.#adopt(note);
  }

  /** Follows another signer or log where the service stands by it, so that it cannot contradict itself there unseen. */
  async #adopt(note: string): Promise<void> {
    const seen = readCheckpoint(note);
    if (seen === null) return;
    const known = this.#state.keys;
    const listed = await this.#listedKeys();
    const keys = withKeys(known, signersAmong(listed, note, seen.origin, known));
    if (isSigned(note, seen.origin, verifiersOf(keys)))
      await this.#keep(note, { origin: seen.origin, keys });
  }

  /** While keys are rotated the old one vouches for the new one, by signing the same checkpoint. */
  async #learnKeys(note: string, origin: string): Promise<void> {
    const { keys } = this.#state;
    if (!hasUnknownKey(note, keys)) return;
    const learned = signersAmong(await this.#listedKeys(), note, origin, keys);
    if (learned.length === 0) return;
    await this.#save({ keys: withKeys(keys, learned) });
    this.#options.log(`log: took over the new key ${learned.join(', ')}`);
  }

  async #listedKeys(): Promise<string[]> {
    return parseListing(await this.#options.link.call(logKey, {}, { signal: this.#signal }));
  }

  async #keep(note: string, trust: Trust): Promise<void> {
    await this.#save({ ...trust, kept: note, keptAt: new Date().toISOString() });
  }

  async #save(change: Partial<WitnessState>): Promise<void> {
    await this.#options.file.save({ ...this.#state, ...change });
  }

  get #state(): WitnessState {
    return this.#options.file.state;
  }
}
