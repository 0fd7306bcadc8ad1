'use client';
import { LoaderCircle, Radio, WifiOff } from 'lucide-react';

import { Time } from '#time/time.tsx';
import { Note } from '#ui/note.tsx';

import { useLive } from './live-provider.tsx';

const looks = {
  connecting: { icon: LoaderCircle, word: 'Connecting', className: 'text-ink-2' },
  live: { icon: Radio, word: 'Live', className: 'text-ok' },
  lost: { icon: WifiOff, word: 'Not live', className: 'text-warn' },
} as const;

/** Whether what is on the screen follows the log. */
export function ConnectionState() {
  const { connection } = useLive();
  const { icon: Icon, word, className } = looks[connection];
  return (
    <output className={`inline-flex items-center gap-1.5 text-xs font-medium ${className}`}>
      <Icon aria-hidden className="size-3.5" />
      {word}
    </output>
  );
}

/** Says that the screen may be old, from when on, once the stream is lost. */
export function StaleBanner() {
  const { connection, heardAt } = useLive();
  if (connection !== 'lost') return null;
  return (
    <Note tone="warn" icon={WifiOff} role="alert" className="mb-4">
      The connection to the service is lost. What you see was current{' '}
      {heardAt === null ? 'when the page was loaded' : <Time at={heardAt} />}. Trying to reconnect.
    </Note>
  );
}
