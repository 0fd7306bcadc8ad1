'use client';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';

const Clock = createContext(0);

/** The time that everything on the page is relative to. Starts as the server's, so that both render the same words. */
export function ClockProvider({ start, children }: { start: number; children: ReactNode }) {
  const [now, setNow] = useState(start);
  useEffect(() => {
    const tick = () => setNow(Date.now());
    const timer = setInterval(tick, 1000);
    tick();
    return () => clearInterval(timer);
  }, []);
  return <Clock.Provider value={now}>{children}</Clock.Provider>;
}

export function useNow(): number {
  return useContext(Clock);
}
