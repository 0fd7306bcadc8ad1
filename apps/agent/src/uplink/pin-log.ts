import { nameOf } from '../witness/log-keys.ts';
import type { WitnessFile } from '../witness/witness-file.ts';

/** Trusts this key of the log and no other, as `--log-key` does. Of the same log the newest checkpoint still counts. */
export async function pinLog(file: WitnessFile, key: string): Promise<void> {
  const { state } = file;
  if (state.pin === key) return;
  const origin = nameOf(key);
  const { kept, keptAt } = state.origin === origin ? state : { kept: null, keptAt: null };
  await file.save({ ...state, pin: key, origin, keys: [key], kept, keptAt });
}
