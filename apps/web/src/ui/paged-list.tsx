'use client';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { Button } from './button.tsx';
import { Shown } from './shown.tsx';

type PagedResult<T> = UseInfiniteQueryResult<InfiniteData<{ items: T[]; next: string | null }>>;

/** A list that is read page by page: its rows so far, how many there are, and the way to more. */
export function PagedList<T>({
  of: result,
  noun,
  empty,
  keep,
  children,
}: {
  of: PagedResult<T>;
  noun: string;
  empty: ReactNode;
  /** Which rows to show, where the API has no such filter. */
  keep?: (row: T) => boolean;
  children: (rows: T[]) => ReactNode;
}) {
  return (
    <Shown of={result} rows={10}>
      {({ pages }) => {
        const all = pages.flatMap(({ items }) => items);
        const rows = keep === undefined ? all : all.filter(keep);
        return (
          <>
            {rows.length === 0 ? empty : children(rows)}
            <Foot result={result} count={rows.length} noun={noun} />
          </>
        );
      }}
    </Shown>
  );
}

function Foot<T>({ result, count, noun }: { result: PagedResult<T>; count: number; noun: string }) {
  const more = result.hasNextPage;
  if (count === 0 && !more) return null;
  return (
    <div className="flex min-h-10 flex-wrap items-center justify-between gap-2 border-t px-4 py-1.5 text-xs text-ink-2">
      <p>
        {more
          ? `${count} ${noun} loaded; there are more. Sorting covers the loaded ones.`
          : `${count} ${count === 1 ? noun.replace(/s$/, '') : noun}`}
      </p>
      {more ? (
        <Button
          onClick={() => void result.fetchNextPage()}
          why={result.isFetchingNextPage ? 'More rows are on their way.' : null}
        >
          Load more
        </Button>
      ) : null}
    </div>
  );
}
