import type { Overview } from '@vestige/contract';
import NextLink from 'next/link';

import { links } from '#links.ts';
import { cn } from '#ui/cn.ts';

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly href: string;
  readonly note: string;
  readonly alarming?: boolean;
}

function figures({ guests, secrets, wipes }: Overview): Figure[] {
  return [
    {
      name: 'Secrets present',
      value: secrets.present,
      href: links.secrets({ state: 'present' }),
      note: 'can be read now',
    },
    {
      name: 'Of these read',
      value: secrets.read,
      href: links.secrets({ state: 'present', read: true }),
      note: 'at least once, as far as seen',
    },
    {
      name: 'Secrets wiped',
      value: secrets.wiped,
      href: links.secrets({ state: 'wiped' }),
      note: 'on an order',
    },
    {
      name: 'Wipes under way',
      value: wipes.open,
      href: links.wipes({ state: 'released' }),
      note: `${wipes.completed.toLocaleString('en')} completed`,
    },
    {
      name: 'Guests online',
      value: guests.online,
      href: links.guests({ presence: 'online' }),
      note: `of ${guests.total.toLocaleString('en')} enrolled`,
    },
    {
      name: 'Guests silent',
      value: guests.silent,
      href: links.guests({ presence: 'silent' }),
      note: 'last report may be old',
      alarming: guests.silent > 0,
    },
  ];
}

/** The few numbers of the fleet; each is the link to its list. */
export function Numbers({ overview }: { overview: Overview }) {
  return (
    <ul className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border bg-line shadow-xs sm:grid-cols-3 xl:grid-cols-6">
      {figures(overview).map(({ name, value, href, note, alarming = false }) => (
        <li key={name}>
          <NextLink
            href={href}
            prefetch={false}
            className="block h-full bg-panel px-4 py-3 -outline-offset-2 hover:bg-raised"
          >
            <span className="block text-xs font-medium text-ink-2">{name}</span>
            <span
              className={cn(
                'mt-1 block text-2xl font-semibold tracking-tight tabular-nums',
                alarming && 'text-warn',
              )}
            >
              {value.toLocaleString('en')}
            </span>
            <span className="block text-xs text-ink-3">{note}</span>
          </NextLink>
        </li>
      ))}
    </ul>
  );
}
