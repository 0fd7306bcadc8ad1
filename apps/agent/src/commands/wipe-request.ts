import { SecretRef, Source, WipeEvidence } from '@vestige/contract';
import { z } from 'zod';

import { AgentError } from '../agent-error.ts';
import { openSource } from '../source/open-source.ts';
import { sourceKey } from '../source/secret-source.ts';

/** Which secrets somebody in the guest wants to be wiped: by GUID or name, in every source or in those that are named. */
export const Target = z.strictObject({
  name: z.string().min(1).max(256),
  /** Empty for every source but the dangerous. */
  sources: z.array(Source).max(16),
});
export type Target = z.infer<typeof Target>;

/** What became of one secret. `unverified` was done, as far as that can be told, and not shown to be so. */
export const Outcome = z.strictObject({
  secret: SecretRef,
  outcome: z.enum(['wiped', 'unverified', 'already-gone', 'refused', 'failed']),
  detail: z.string(),
  evidence: WipeEvidence.nullable(),
  /** Whether it is in the agent's journal; what is not yet is kept until it is. */
  recorded: z.boolean(),
});
export type Outcome = z.infer<typeof Outcome>;

/** Who did what was asked, and what there was of it. */
export const WipeAnswer = z.strictObject({
  by: z.enum(['agent', 'journal', 'nobody']),
  found: z.array(SecretRef),
  /** False where a source cannot be seen: then what is not found may be there all the same. */
  isComplete: z.boolean(),
  outcomes: z.array(Outcome),
  /** Why nothing was done; empty where it was. */
  problem: z.string(),
});
export type WipeAnswer = z.infer<typeof WipeAnswer>;

/** Wipes what is meant: the running agent, or this process where there is none. */
export type LocalWiper = (target: Target) => Promise<WipeAnswer>;

/** Whether the target means this secret. One that would take its whole source with it must be named with the source. */
export function isMeant({ name, sources }: Target, { source, ...secret }: SecretRef): boolean {
  const isNamed = sources.some((wanted) => sourceKey(wanted) === sourceKey(source));
  const isAmong = isNamed || (sources.length === 0 && source.kind !== 'open-dice');
  return isAmong && (secret.name === name || secret.guid === name.toLowerCase());
}

/** The target of a command line; throws a usage error. */
export function parseTarget(name: string, texts: readonly string[]): Target {
  if (texts.includes('open-dice'))
    throw new AgentError('usage', '--source open-dice needs its device: open-dice:/dev/open-dice0');
  const sources = texts.flatMap((text) => openSource(text).map(({ source }) => source));
  const target = Target.safeParse({ name, sources });
  if (target.success) return target.data;
  throw new AgentError('usage', 'wipe takes one GUID or name of at most 256 characters');
}
