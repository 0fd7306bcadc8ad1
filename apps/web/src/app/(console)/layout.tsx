import type { ReactNode } from 'react';

import { requireSession } from '#api/server-api.ts';
import { LiveProvider } from '#live/live-provider.tsx';
import { SessionProvider } from '#session/session-context.tsx';
import { Shell } from '#shell/shell.tsx';
import { Shortcuts } from '#shell/shortcuts.tsx';
import { Unreachable } from '#shell/unreachable.tsx';

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const session = await requireSession();
  if (session === null) return <Unreachable />;
  return (
    <SessionProvider session={session}>
      <LiveProvider>
        <Shortcuts>
          <Shell>{children}</Shell>
        </Shortcuts>
      </LiveProvider>
    </SessionProvider>
  );
}
