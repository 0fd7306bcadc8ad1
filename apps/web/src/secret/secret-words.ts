import type { Secret, SecretState } from '@vestige/contract';
import {
  Eraser,
  Ghost,
  KeyRound,
  PowerOff,
  ShieldAlert,
  ShieldCheck,
  Timer,
  Unlink,
} from 'lucide-react';

import type { Word } from '#ui/tone.ts';

/** Promise 5: every state has a word of its own; none is folded into another. */
export const secretWords: Record<SecretState, Word> = {
  present: {
    word: 'Present',
    icon: KeyRound,
    tone: 'info',
    meaning: 'The guest can still read it.',
  },
  unlinked: {
    word: 'Unlinked locally',
    icon: Unlink,
    tone: 'warn',
    meaning: 'A process in the guest removed it, on nobody’s order from here.',
  },
  wiped: {
    word: 'Wiped',
    icon: Eraser,
    tone: 'ok',
    meaning: 'Wiped on an order. The check afterwards could not tell everything: see the evidence.',
  },
  vanished: {
    word: 'Vanished',
    icon: Ghost,
    tone: 'bad',
    meaning: 'It is gone and nobody was seen doing it.',
  },
  ended: {
    word: 'Ended with its boot',
    icon: PowerOff,
    tone: 'muted',
    meaning: 'The guest booted anew; the copy went with the old memory. Nobody wiped it.',
  },
};

const verified: Word = {
  word: 'Wiped, verified',
  icon: ShieldCheck,
  tone: 'ok',
  meaning: 'Wiped on an order, and the check afterwards passed.',
};

const notVerified: Word = {
  word: 'Wiped, check failed',
  icon: ShieldAlert,
  tone: 'bad',
  meaning: 'Wiped on an order, but the check afterwards failed: see the evidence.',
};

export const wipePendingWord: Word = {
  word: 'Wipe under way',
  icon: Timer,
  tone: 'accent',
  meaning: 'An order to wipe it is on its way to the guest.',
};

/** What to say of a secret now. A wiped one is told apart by what the check afterwards showed. */
export function secretWord(secret: Pick<Secret, 'state' | 'verification'>): Word {
  if (secret.state !== 'wiped') return secretWords[secret.state];
  if (secret.verification === 'pass') return verified;
  return secret.verification === 'fail' ? notVerified : secretWords.wiped;
}

/** Whether its state is only what was last heard: the guest says nothing now. */
export function isHearsay(secret: Pick<Secret, 'state' | 'guestPresence'>): boolean {
  return secret.state === 'present' && secret.guestPresence !== 'online';
}

/** "Never read" is only said where nobody could have read it unseen. */
export function readsText(secret: Pick<Secret, 'reads' | 'priorAccess'>): string {
  if (secret.reads > 0) return `${secret.reads} seen`;
  return secret.priorAccess === 'none' ? 'none' : 'none seen';
}

/** How people call it: its usage if known, else its name. */
export function secretTitle(secret: {
  usage: string | null;
  guid: string | null;
  name: string;
}): string {
  return secret.usage ?? secret.guid ?? secret.name;
}

/** What must be typed to confirm that this one is meant. */
export function confirmationOf(name: string): string {
  return name.slice(-4);
}
