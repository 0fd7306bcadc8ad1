'use client';
import type { UseQueryResult } from '@tanstack/react-query';
import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';

import { errorText, problemCode } from '#api/ask.ts';

import { Button } from './button.tsx';
import { Note } from './note.tsx';

/** What a question's answer looks like in each situation: on its way, refused, there. */
export function Shown<T>({
  of: result,
  rows = 6,
  children,
}: {
  of: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch'>;
  rows?: number;
  children: (data: T) => ReactNode;
}) {
  if (result.data !== undefined) return <>{children(result.data)}</>;
  if (result.error === null) return <Skeleton rows={rows} />;
  const isGone = problemCode(result.error) === 'not-found';
  return (
    <Note tone="bad" icon={CircleAlert} role="alert" className="m-4 items-start">
      <p>{errorText(result.error)}</p>
      {isGone ? null : (
        <Button className="mt-2" onClick={() => void result.refetch()}>
          Try again
        </Button>
      )}
    </Note>
  );
}

export function Skeleton({ rows }: { rows: number }) {
  return (
    <output className="block space-y-3 p-4">
      <span className="sr-only">Loading…</span>
      {Array.from({ length: rows }, (_, row) => (
        <div
          key={row}
          className="h-4 animate-pulse rounded bg-muted-soft"
          style={{ width: `${90 - ((row * 17) % 40)}%` }}
        />
      ))}
    </output>
  );
}
