import type { SourceCondition, WipeFailure } from '@vestige/contract';

import { causeOf } from '../agent-error.ts';
import type { BootLedger } from '../ledger/boot-ledger.ts';
import type { Discovery } from '../source/discovery.ts';
import { sourceKey, type WipeResult } from '../source/secret-source.ts';
import type { LocalWipes } from './local-wipes.ts';
import { isMeant, type Outcome, type Target, type WipeAnswer } from './wipe-request.ts';

export interface LocalContext {
  readonly by: WipeAnswer['by'];
  readonly ledger: Pick<BootLedger, 'read'>;
  readonly discovery: Pick<Discovery, 'scan'>;
  readonly wipes: LocalWipes;
  /** Whether somebody still waits for the answer: what nobody waits for is not begun. */
  readonly isStillAsked: () => boolean;
}

/**
 * Does what somebody in the guest asks for, with the sources listed anew, so that what is wiped was discovered before. To be
 * run in turn with everything else that lists and wipes.
 */
export async function carryOutLocally(target: Target, context: LocalContext): Promise<WipeAnswer> {
  await context.discovery.scan();
  const { secrets } = context.ledger.read();
  const found = [...secrets.values()]
    .filter(({ isPresent, secret }) => isPresent && isMeant(target, secret))
    .map(({ secret }) => secret);
  const outcomes: Outcome[] = [];
  const answer = { by: context.by, found, isComplete: isComplete(target, context), outcomes };
  for (const secret of found) {
    if (!context.isStillAsked()) return { ...answer, problem: 'Nobody waited for the answer.' };
    try {
      const { result, isRecorded } = await context.wipes.wipe(secret);
      outcomes.push({ secret, recorded: isRecorded, ...outcomeOf(result) });
    } catch (error) {
      return { ...answer, problem: causeOf(error) };
    }
  }
  return { ...answer, problem: '' };
}

/** A source that cannot be seen, or shows nothing for its corrupt table, may hold what was not found. */
function isComplete({ sources }: Target, { ledger }: LocalContext): boolean {
  const known = ledger.read().sources;
  const meant =
    sources.length === 0
      ? [...known.values()]
      : sources.map((source) => known.get(sourceKey(source)));
  return meant.length > 0 && meant.every((report) => isSeen(report?.condition));
}

function isSeen(condition: SourceCondition | undefined): boolean {
  return condition === 'populated' || condition === 'empty';
}

const outcomeByReason: Record<WipeFailure, Outcome['outcome']> = {
  'already-gone': 'already-gone',
  refused: 'refused',
  expired: 'refused',
  'not-verified': 'unverified',
  'io-error': 'failed',
};

export function outcomeOf(result: WipeResult): Pick<Outcome, 'outcome' | 'detail' | 'evidence'> {
  if (result.wiped) {
    const { evidence } = result;
    const isVerified = evidence.verification.result === 'pass';
    const detail = isVerified ? 'Verified.' : 'Wiped, but not verified: see the evidence.';
    return { outcome: isVerified ? 'wiped' : 'unverified', detail, evidence };
  }
  const { reason, detail } = result;
  return { outcome: outcomeByReason[reason], detail, evidence: null };
}
