'use client';
import { useQueryClient } from '@tanstack/react-query';
import { feed } from '@vestige/contract';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';

import { refresh } from '#api/refresh.ts';

import { openFeed } from './feed.ts';
import { whileVisible } from './while-visible.ts';

export type Connection = 'connecting' | 'live' | 'lost';

export interface Live {
  readonly connection: Connection;
  /** When something was last heard; null before. */
  readonly heardAt: string | null;
  /** The log's last known position. */
  readonly position: number | null;
}

const LiveContext = createContext<Live>({
  connection: 'connecting',
  heardAt: null,
  position: null,
});

export function useLive(): Live {
  return useContext(LiveContext);
}

/** Silence makes no event, so what depends on the time is asked again now and then. */
const refreshMs = 30_000;

/** One event stream for the tab: when the log grows, what is on the screen is asked again, quietly. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [live, setLive] = useState<Live>({
    connection: 'connecting',
    heardAt: null,
    position: null,
  });
  useEffect(() => {
    const refreshAll = () => void refresh(queries);
    const follow = () => {
      let known: number | null = null;
      const close = openFeed({
        url: feed.path,
        onConnection: (connection) => {
          setLive((before) => ({
            ...before,
            connection,
            heardAt: connection === 'live' ? new Date().toISOString() : before.heardAt,
          }));
          if (connection === 'live') refreshAll();
        },
        onGrew: (position) => {
          setLive((before) => ({ ...before, position, heardAt: new Date().toISOString() }));
          // The service repeats its last hint as its heartbeat.
          if (position !== known) refreshAll();
          known = position;
        },
      });
      const timer = setInterval(refreshAll, refreshMs);
      return () => {
        close();
        clearInterval(timer);
      };
    };
    return whileVisible(follow, () => {
      setLive((before) => ({ ...before, connection: 'connecting' }));
      refreshAll();
    });
  }, [queries]);
  return <LiveContext.Provider value={live}>{children}</LiveContext.Provider>;
}
