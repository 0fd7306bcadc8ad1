'use client';
import { useNow } from './clock.tsx';
import { absoluteTime, relativeTime } from './format.ts';

/** A time in relative words, with the absolute one in UTC on hover and for machines. */
export function Time({ at, className }: { at: string; className?: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={absoluteTime(at)} className={className} suppressHydrationWarning>
      {relativeTime(at, now)}
    </time>
  );
}
