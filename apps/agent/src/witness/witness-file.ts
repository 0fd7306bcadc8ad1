import { CheckpointConflict } from '@vestige/contract';

import { AgentError } from '../agent-error.ts';
import { readJson, writeDurable } from '../durable-file.ts';
import { type Conflict, type Conflicts, noConflicts } from './conflicts.ts';
import { readCheckpoint } from './judge.ts';
import { isLogKey, nameOf } from './log-keys.ts';

/** Everything that the witness must not forget. */
export interface WitnessState {
  /** The key that somebody gave; null where the first one that the service listed is trusted. */
  readonly pin: string | null;
  /** The log that is kept; null until there is a key. */
  readonly origin: string | null;
  readonly keys: readonly string[];
  /** The newest checkpoint that was checked, as it was signed. */
  readonly kept: string | null;
  readonly keptAt: string | null;
  readonly conflicts: Conflicts;
}

const nothing: WitnessState = {
  pin: null,
  origin: null,
  keys: [],
  kept: null,
  keptAt: null,
  conflicts: noConflicts,
};

/** The witness's memory; what `state` says is durable. */
export class WitnessFile {
  readonly #path: string;
  #state: WitnessState;

  private constructor(path: string, state: WitnessState) {
    this.#path = path;
    this.#state = state;
  }

  /** Refuses a damaged file: to begin anew by itself would be to trust whoever damaged it. */
  static async open(path: string, pin: string | null): Promise<WitnessFile> {
    const saved = await readJson(path).catch(() => undefined);
    if (saved !== null && !isState(saved))
      throw new AgentError(
        'state',
        `${path} is damaged. Move it away; the agent then trusts the next checkpoint that it gets, or the one by --log-key.`,
      );
    const file = new WitnessFile(path, saved ?? nothing);
    if (pin !== null && pin !== file.state.pin) await file.save(withPin(file.state, pin));
    return file;
  }

  get state(): WitnessState {
    return this.#state;
  }

  async save(state: WitnessState): Promise<void> {
    await writeDurable(this.#path, `${JSON.stringify(state, null, 2)}\n`);
    this.#state = state;
  }
}

/** Another pin takes the place of every key so far. Of the same log the newest checkpoint still counts. */
function withPin(state: WitnessState, pin: string): WitnessState {
  const origin = nameOf(pin);
  const isSameLog = state.origin === origin;
  const { kept, keptAt } = isSameLog ? state : nothing;
  return { ...state, pin, origin, keys: [pin], kept, keptAt };
}

function isState(value: unknown): value is WitnessState {
  if (!isObject(value)) return false;
  const { pin, origin, keys, kept, keptAt, conflicts } = value;
  return (
    (pin === null || isKey(pin)) &&
    isTextOrNull(origin) &&
    isListOf(keys, isKey) &&
    (kept === null || isCheckpointOf(origin, kept)) &&
    isTextOrNull(keptAt) &&
    isConflicts(conflicts)
  );
}

function isConflicts(value: unknown): value is Conflicts {
  if (!isObject(value)) return false;
  const { list, count, met } = value;
  const isCounted = Number.isSafeInteger(count);
  return isCounted && isListOf(list, isConflict) && isListOf(met, isText);
}

function isConflict(value: unknown): value is Conflict {
  if (!isObject(value)) return false;
  const { reason, at, kept, seen, record } = value;
  return (
    CheckpointConflict.safeParse(reason).success &&
    [at, seen].every(isText) &&
    isTextOrNull(kept) &&
    ['due', 'done', 'impossible'].includes(String(record))
  );
}

function isKey(value: unknown): value is string {
  return isText(value) && isLogKey(value);
}

function isCheckpointOf(origin: unknown, value: unknown): boolean {
  return isText(value) && readCheckpoint(value)?.origin === origin;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTextOrNull(value: unknown): boolean {
  return value === null || isText(value);
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}
