import { statSync } from 'node:fs';

import type { GuidPolicy, Policy, Reader, SecretRef } from '@vestige/contract';

import { secretKey } from '../source/secret-source.ts';
import { judgeReader } from './judge-reader.ts';

export interface Refusal {
  readonly secret: SecretRef;
  readonly reason: string;
}

/** Of how many reads of each secret this boot's journal tells. */
export type ReadCounts = ReadonlyMap<string, number>;

/** Whether the program of a process is the one at that path for the agent, too, and not another's of the same name. */
export type IsSameProgram = (pid: number, exe: string) => boolean;

/** The policies as the observer's worker applies them, and the reads that they count. Empty, it refuses nobody. */
export class ReaderPolicies {
  readonly #isSameProgram: IsSameProgram;
  readonly #reads = new Map<string, number>();
  #policies: ReadonlyMap<string, Policy> = new Map();

  constructor(isSameProgram: IsSameProgram = isSameFile) {
    this.#isSameProgram = isSameProgram;
  }

  set(policies: readonly GuidPolicy[]): void {
    this.#policies = new Map(policies.map(({ guid, policy }) => [guid, policy]));
  }

  /** What was read before this worker was there. */
  setReads(counts: ReadCounts): void {
    for (const [key, count] of counts) this.#reads.set(key, count);
  }

  countRead(secret: SecretRef): void {
    const key = secretKey(secret);
    this.#reads.set(key, (this.#reads.get(key) ?? 0) + 1);
  }

  /** Whether anybody can be refused anything. */
  get areInForce(): boolean {
    return this.#policies.size > 0;
  }

  /** Whether there is anything to judge these by. */
  concern(secrets: readonly SecretRef[]): boolean {
    return secrets.some(({ guid }) => guid !== null && this.#policies.has(guid));
  }

  /** Of several secrets that are read at once, as those of an image, any one's policy can refuse. */
  refusals(secrets: readonly SecretRef[], reader: Reader | null): Refusal[] {
    if (!this.concern(secrets)) return [];
    const judged = reader === null ? null : this.#asSeenByRules(reader);
    return secrets.flatMap((secret) => {
      const policy = this.#policies.get(secret.guid ?? '');
      if (policy === undefined) return [];
      const reason = judgeReader(policy, judged, this.#reads.get(secretKey(secret)) ?? 0);
      return reason === null ? [] : [{ secret, reason }];
    });
  }

  /** In a container, or another root, the same path can be anything: it then counts as unknown. */
  #asSeenByRules(reader: Reader): Reader {
    const { pid, exe } = reader;
    return exe === null || this.#isSameProgram(pid, exe) ? reader : { ...reader, exe: null };
  }
}

function isSameFile(pid: number, exe: string): boolean {
  try {
    const running = statSync(`/proc/${pid}/exe`, { bigint: true });
    const named = statSync(exe, { bigint: true });
    return running.dev === named.dev && running.ino === named.ino;
  } catch {
    return false;
  }
}
