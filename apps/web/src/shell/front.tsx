import type { ReactNode } from 'react';

import { Mark } from './mark.tsx';

/** The one card of the pages before signing in. */
export function Front({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-10">
      <div className="w-full max-w-sm">
        <p className="mb-6 flex items-center justify-center gap-2 text-lg font-semibold tracking-tight">
          <Mark className="size-6 text-accent" />
          Vestige
        </p>
        <section className="rounded-xl border bg-panel p-6 shadow-sm">
          <h1 className="mb-4 text-lg font-semibold tracking-tight">{title}</h1>
          {children}
        </section>
        <p className="mt-4 text-center text-xs text-ink-2">
          Lifecycle, provenance and remote wipe for the secrets of confidential VMs
        </p>
      </div>
    </main>
  );
}
