import type { ReactNode } from 'react';

import { cn } from './cn.ts';

const looks = {
  grid: {
    list: 'grid grid-cols-[repeat(auto-fill,minmax(min(100%,16.5rem),1fr))] gap-x-6 gap-y-3',
    item: 'min-w-0',
  },
  rows: { list: 'space-y-2', item: 'grid grid-cols-[7.5rem_minmax(0,1fr)] gap-x-3' },
};

/** Names and values, for what one thing has once: in a grid, or one below the other where there is little room. */
export function Facts({
  facts,
  layout = 'grid',
}: {
  facts: readonly (readonly [string, ReactNode])[];
  layout?: keyof typeof looks;
}) {
  const { list, item } = looks[layout];
  return (
    <dl className={cn('px-4 py-3.5', list)}>
      {facts.map(([name, value]) => (
        <div key={name} className={item}>
          <dt className="pt-0.5 text-xs text-ink-3">{name}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** An identifier in full, in the monospaced face. */
export function Mono({ children }: { children: ReactNode }) {
  return <span className="font-mono text-xs break-all">{children}</span>;
}
