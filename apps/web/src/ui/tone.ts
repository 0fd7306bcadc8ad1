import type { LucideIcon } from 'lucide-react';

export type Tone = 'ok' | 'info' | 'warn' | 'bad' | 'muted' | 'accent';

/** How a state is said everywhere: a word, an icon and a colour together, and what the word means. */
export interface Word {
  readonly word: string;
  readonly icon: LucideIcon;
  readonly tone: Tone;
  readonly meaning: string;
}

export const toneText: Record<Tone, string> = {
  ok: 'text-ok',
  info: 'text-info',
  warn: 'text-warn',
  bad: 'text-bad',
  muted: 'text-ink-2',
  accent: 'text-accent',
};

export const toneSoft: Record<Tone, string> = {
  ok: 'bg-ok-soft',
  info: 'bg-info-soft',
  warn: 'bg-warn-soft',
  bad: 'bg-bad-soft',
  muted: 'bg-muted-soft',
  accent: 'bg-accent-soft',
};
