'use client';
import { Eraser, Gauge, KeyRound, Plus, ScrollText, Server } from 'lucide-react';
import NextLink from 'next/link';
import { usePathname } from 'next/navigation';

import { links } from '#links.ts';
import { cn } from '#ui/cn.ts';

const places = [
  { href: links.overview(), name: 'Overview', icon: Gauge },
  { href: links.guests(), name: 'Guests', icon: Server },
  { href: links.secrets(), name: 'Secrets', icon: KeyRound },
  { href: links.wipes(), name: 'Wipes', icon: Eraser },
  { href: links.events(), name: 'Events', icon: ScrollText },
  { href: links.enrol(), name: 'Enrol a guest', icon: Plus },
] as const;

function isHere(path: string, href: string): boolean {
  return href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`);
}

/** The places of the dashboard. */
export function Navigation({ onLeave }: { onLeave?: () => void }) {
  const path = usePathname();
  return (
    <nav aria-label="Main">
      <ul className="space-y-0.5">
        {places.map(({ href, name, icon: Icon }) => (
          <li key={href}>
            <NextLink
              href={href}
              {...(onLeave === undefined ? {} : { onClick: onLeave })}
              aria-current={isHere(path, href) ? 'page' : undefined}
              className={cn(
                'flex h-9 items-center gap-2.5 rounded-md px-2.5 font-medium text-ink-2 hover:bg-raised hover:text-ink lg:h-8',
                'aria-[current=page]:bg-accent-soft aria-[current=page]:text-accent',
              )}
            >
              <Icon aria-hidden className="size-4" strokeWidth={1.75} />
              {name}
            </NextLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}
