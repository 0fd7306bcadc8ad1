'use client';
import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { ThemeProvider } from 'next-themes';
import { NuqsAdapter } from 'nuqs/adapters/next/app';
import { type ReactNode, useState } from 'react';
import { Toaster } from 'sonner';

import { problemCode } from '#api/ask.ts';
import { LateError } from '#api/patient.ts';
import { links } from '#links.ts';
import { ClockProvider } from '#time/clock.tsx';

/** An ended session shows at the first answer that says so. */
function leaveIfSignedOut(error: unknown): void {
  const isFront = [links.signIn(), links.setUp()].includes(location.pathname);
  if (problemCode(error) === 'not-signed-in' && !isFront)
    location.assign(links.signIn(location.pathname + location.search));
}

function makeQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError: leaveIfSignedOut }),
    defaultOptions: {
      queries: {
        staleTime: 5000,
        retry: (failures, error) =>
          problemCode(error) === null && !(error instanceof LateError) && failures < 2,
      },
    },
  });
}

export function Providers({
  nonce,
  start,
  children,
}: {
  nonce: string;
  start: number;
  children: ReactNode;
}) {
  const [client] = useState(makeQueryClient);
  return (
    <ThemeProvider attribute="class" disableTransitionOnChange nonce={nonce}>
      <CSPProvider nonce={nonce}>
        <NuqsAdapter>
          <QueryClientProvider client={client}>
            <ClockProvider start={start}>{children}</ClockProvider>
          </QueryClientProvider>
        </NuqsAdapter>
      </CSPProvider>
      <Toaster position="bottom-right" theme="system" />
    </ThemeProvider>
  );
}
