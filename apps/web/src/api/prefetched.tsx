import 'server-only';
import {
  dehydrate,
  type FetchInfiniteQueryOptions,
  type FetchQueryOptions,
  HydrationBoundary,
  QueryClient,
} from '@tanstack/react-query';
import { ProblemError } from '@vestige/contract';
import type { Api } from '@vestige/contract';
import { notFound } from 'next/navigation';
import type { ReactNode } from 'react';

import { redirectToSignIn, serverApi } from './server-api.ts';

export interface Wanted {
  readonly one?: (api: Api) => readonly unknown[];
  readonly lists?: (api: Api) => readonly unknown[];
}

/** Asks for a page's first data on the server and hands it to the client's cache; what fails here is asked again there. */
export async function Prefetched({ one, lists, children }: Wanted & { children: ReactNode }) {
  const api = await serverApi();
  const client = new QueryClient();
  const outcomes = await Promise.allSettled([
    ...(one?.(api) ?? []).map((query) => client.fetchQuery(query as FetchQueryOptions)),
    ...(lists?.(api) ?? []).map((query) =>
      client.fetchInfiniteQuery(query as FetchInfiniteQueryOptions),
    ),
  ]);
  for (const outcome of outcomes) if (outcome.status === 'rejected') await leave(outcome.reason);
  return <HydrationBoundary state={dehydrate(client)}>{children}</HydrationBoundary>;
}

async function leave(error: unknown): Promise<void> {
  if (!(error instanceof ProblemError)) return;
  if (error.problem.status === 401) await redirectToSignIn();
  if (error.problem.status === 404) notFound();
}
