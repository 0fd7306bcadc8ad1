'use client';
import { type Action, can, type Session } from '@vestige/contract';
import { createContext, type ReactNode, useContext } from 'react';

const SessionContext = createContext<Session | null>(null);

/** Who is signed in, for everything that is shown to them. */
export function SessionProvider({ session, children }: { session: Session; children: ReactNode }) {
  return <SessionContext.Provider value={session}>{children}</SessionContext.Provider>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('This part is only shown to somebody who is signed in.');
  return session;
}

/** Why this person may not do it; null where they may. The API asks the same question again. */
export function useWhyNot(action: Action): string | null {
  const verdict = can(useSession(), action);
  return verdict.allowed ? null : verdict.reason;
}
