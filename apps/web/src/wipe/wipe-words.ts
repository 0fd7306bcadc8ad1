import type { TargetState, Wipe, WipeState } from '@vestige/contract';
import {
  CalendarX,
  CircleCheck,
  CircleDashed,
  CircleMinus,
  CircleX,
  CloudOff,
  Eraser,
  Hand,
  Hourglass,
  Inbox,
  PackageCheck,
  Send,
  ShieldCheck,
} from 'lucide-react';

import type { Word } from '#ui/tone.ts';

/** How far each secret of an order has come. Each word means something different; none stands for another. */
export const targetWords: Record<TargetState, Word> = {
  queued: {
    word: 'Queued',
    icon: Hourglass,
    tone: 'muted',
    meaning: 'The order waits for the guest to fetch it. Nothing has been wiped.',
  },
  delivered: {
    word: 'Delivered',
    icon: Inbox,
    tone: 'info',
    meaning: 'The guest’s agent has the order on its disk. Nothing has been wiped yet.',
  },
  wiped: {
    word: 'Wiped, not verified',
    icon: Eraser,
    tone: 'warn',
    meaning: 'The guest reports it wiped; the check afterwards could not tell everything.',
  },
  verified: {
    word: 'Wiped and verified',
    icon: ShieldCheck,
    tone: 'ok',
    meaning: 'The guest reports it wiped, and the check afterwards passed.',
  },
  'already-gone': {
    word: 'Already gone',
    icon: CircleMinus,
    tone: 'muted',
    meaning: 'It was no longer there when the guest came to it. This order wiped nothing.',
  },
  refused: {
    word: 'Refused',
    icon: Hand,
    tone: 'bad',
    meaning: 'The guest’s agent refused the order. The secret may still be there.',
  },
  failed: {
    word: 'Failed',
    icon: CircleX,
    tone: 'bad',
    meaning: 'The guest tried and failed. The secret may still be there.',
  },
  expired: {
    word: 'Expired',
    icon: CalendarX,
    tone: 'bad',
    meaning: 'The deadline passed before the guest wiped it. The secret may still be there.',
  },
  lost: {
    word: 'Lost with its guest',
    icon: CloudOff,
    tone: 'warn',
    meaning: 'The guest’s boot ended first: the copy went with its memory, unwiped by us.',
  },
  cancelled: {
    word: 'Cancelled',
    icon: CircleDashed,
    tone: 'muted',
    meaning: 'Somebody cancelled it before the guest had it. The secret was not touched.',
  },
};

const stateWords: Record<Exclude<WipeState, 'completed'>, Word> = {
  requested: {
    word: 'Requested',
    icon: CircleDashed,
    tone: 'info',
    meaning: 'It is on record, but no guest may have it yet.',
  },
  released: {
    word: 'Under way',
    icon: Send,
    tone: 'accent',
    meaning: 'Guests may fetch it; not every secret of it has come to an end.',
  },
};

const outcomeWords: Record<NonNullable<Wipe['outcome']>, Word> = {
  succeeded: {
    word: 'Succeeded',
    icon: CircleCheck,
    tone: 'ok',
    meaning: 'No secret of this order is left.',
  },
  partly: {
    word: 'Partly done',
    icon: PackageCheck,
    tone: 'warn',
    meaning: 'Some secrets of this order were not wiped: see each of them.',
  },
  failed: {
    word: 'Failed',
    icon: CircleX,
    tone: 'bad',
    meaning: 'Nothing of this order was wiped: see each secret for the reason.',
  },
  cancelled: {
    word: 'Cancelled',
    icon: CircleDashed,
    tone: 'muted',
    meaning: 'Somebody cancelled it before any guest had it.',
  },
};

/** What to say of an order: how it ended, or how far it is. */
export function wipeWord(wipe: Pick<Wipe, 'state' | 'outcome'>): Word {
  if (wipe.outcome !== null) return outcomeWords[wipe.outcome];
  return wipe.state === 'completed' ? outcomeWords.succeeded : stateWords[wipe.state];
}

/** The way that a target goes when all is well; the dialog and the order's page draw it. */
export const targetSteps = ['queued', 'delivered', 'wiped', 'verified'] as const;

/** How many steps of the way are behind a target; null where it left the way. */
export function stepsDone(state: TargetState): number | null {
  const index = (targetSteps as readonly string[]).indexOf(state);
  return index === -1 ? null : index + 1;
}

export const techniqueNames = {
  'securityfs-unlink': 'Unlinked through securityfs: the kernel zeroed the entry',
  'overwrite-unlink': 'Overwritten, synced and unlinked as a plain file',
  'table-zero': 'The table entry was zeroed in place, its length kept',
} as const;
