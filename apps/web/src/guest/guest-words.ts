import type { Guest } from '@vestige/contract';
import { CircleDot, CircleSlash, Power, ShieldAlert } from 'lucide-react';

import type { Word } from '#ui/tone.ts';

export type Presence = Guest['presence'];

export const quarantined: Word = {
  word: 'Quarantined',
  icon: ShieldAlert,
  tone: 'bad',
  meaning:
    'Nothing is taken from it or given to it until a person has decided whose identity it is.',
};

export const presenceWords: Record<Presence, Word> = {
  online: {
    word: 'Online',
    icon: CircleDot,
    tone: 'ok',
    meaning: 'Its agent reports. What is shown is what is.',
  },
  silent: {
    word: 'Silent',
    icon: CircleSlash,
    tone: 'warn',
    meaning: 'Its agent says nothing. What is shown is what it last reported, not what is.',
  },
  stopped: {
    word: 'Stopped',
    icon: Power,
    tone: 'muted',
    meaning: 'Its agent said that it stops. What is shown is what it last reported.',
  },
};
