'use client';
import { signInOptions } from '@vestige/contract';
import { CloudOff } from 'lucide-react';
import { useEffect } from 'react';

import { api } from '#api/ask.ts';

import { Front } from './front.tsx';

const retryMs = 3000;

/** Shown while the API does not answer; goes away by itself when it does. */
export function Unreachable() {
  useEffect(() => {
    const timer = setInterval(() => {
      api(signInOptions, {}).then(
        () => location.reload(),
        () => {},
      );
    }, retryMs);
    return () => clearInterval(timer);
  }, []);
  return (
    <Front title="The service does not answer">
      <output className="flex gap-2.5 text-ink-2">
        <CloudOff aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
        The dashboard runs, but cannot reach the API. It may be starting. This page tries again by
        itself every few seconds.
      </output>
    </Front>
  );
}
