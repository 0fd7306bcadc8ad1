import type { Overview } from '@vestige/contract';
import {
  ChevronRight,
  CircleCheck,
  CircleSlash,
  CircleX,
  EyeOff,
  Ghost,
  type LucideIcon,
  TriangleAlert,
  Unlink,
} from 'lucide-react';
import NextLink from 'next/link';

import { links } from '#links.ts';
import { cn } from '#ui/cn.ts';
import { Panel } from '#ui/panel.tsx';
import { type Tone, toneText } from '#ui/tone.ts';

interface Concern {
  readonly count: number;
  readonly one: string;
  readonly many: string;
  readonly meaning: string;
  readonly href: string;
  readonly icon: LucideIcon;
  readonly tone: Tone;
}

function grave({ secrets, wipes, corruptSources }: Overview): Concern[] {
  return [
    {
      count: wipes.failed,
      one: 'wipe order failed',
      many: 'wipe orders failed',
      meaning: 'Secrets of it may still be there.',
      href: links.wipes({ state: 'completed' }),
      icon: CircleX,
      tone: 'bad',
    },
    {
      count: corruptSources,
      one: 'source is corrupt',
      many: 'sources are corrupt',
      meaning: 'What it holds cannot be told in full.',
      href: links.guests({ condition: 'corrupt' }),
      icon: TriangleAlert,
      tone: 'bad',
    },
    {
      count: secrets.vanished,
      one: 'secret vanished',
      many: 'secrets vanished',
      meaning: 'Gone, and nobody was seen.',
      href: links.secrets({ state: 'vanished' }),
      icon: Ghost,
      tone: 'bad',
    },
  ];
}

function doubtful({ guests, secrets, gaps }: Overview): Concern[] {
  return [
    {
      count: guests.silent,
      one: 'guest is silent',
      many: 'guests are silent',
      meaning: 'Shown is what was last reported.',
      href: links.guests({ presence: 'silent' }),
      icon: CircleSlash,
      tone: 'warn',
    },
    {
      count: secrets.unlinked,
      one: 'secret was unlinked locally',
      many: 'secrets were unlinked locally',
      meaning: 'By a process in the guest, without an order.',
      href: links.secrets({ state: 'unlinked' }),
      icon: Unlink,
      tone: 'warn',
    },
    {
      count: gaps,
      one: 'gap in 24 hours',
      many: 'gaps in 24 hours',
      meaning: 'Times that no agent could observe.',
      href: links.events({ type: 'agent.gap' }),
      icon: EyeOff,
      tone: 'warn',
    },
  ];
}

/** What is wrong, worst first; says so when nothing is. */
export function Concerns({ overview }: { overview: Overview }) {
  const found = [...grave(overview), ...doubtful(overview)].filter(({ count }) => count > 0);
  return (
    <Panel title="What is wrong">
      {found.length === 0 ? (
        <p className="flex items-center gap-2 px-4 py-6 text-ink-2">
          <CircleCheck aria-hidden className="size-4 text-ok" />
          Nothing, as far as can be seen.
        </p>
      ) : (
        <ul className="divide-y">
          {found.map((concern) => (
            <ConcernLine key={concern.many} concern={concern} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function ConcernLine({ concern }: { concern: Concern }) {
  const { count, one, many, meaning, href, icon: Icon, tone } = concern;
  return (
    <li>
      <NextLink
        href={href}
        prefetch={false}
        className="flex min-h-11 items-center gap-3 px-4 py-2 -outline-offset-2 hover:bg-raised"
      >
        <Icon aria-hidden className={cn('size-4 shrink-0', toneText[tone])} />
        <span className="min-w-0 flex-1">
          <span className="block font-medium">
            <span className="tabular-nums">{count.toLocaleString('en')}</span>{' '}
            {count === 1 ? one : many}
          </span>
          <span className="block text-xs text-ink-2">{meaning}</span>
        </span>
        <ChevronRight aria-hidden className="size-4 shrink-0 text-ink-3" />
      </NextLink>
    </li>
  );
}
