import 'server-only';
import { type Api, createClient, getSession, ProblemError, type Session } from '@vestige/contract';
import { cookies, headers } from 'next/headers';
import { redirect } from 'next/navigation';

import { apiUrl } from '#config.ts';
import { links } from '#links.ts';

import { patient } from './patient.ts';

/** A page is rather shown without its data than not at all. */
const patienceMs = 5000;

/** Asks the API in the name of whoever asked for the page: their cookie goes along, and the API decides. */
export async function serverApi(): Promise<Api> {
  const cookie = (await cookies()).toString();
  const client = createClient({
    baseUrl: apiUrl(),
    prepare: (request) => ({ ...request, headers: { ...request.headers, cookie } }),
  });
  return patient(client, patienceMs);
}

/** Who asks; null when the API cannot be reached. Who is not signed in is sent to the sign-in page. */
export async function requireSession(): Promise<Session | null> {
  try {
    return await (
      await serverApi()
    )(getSession, {});
  } catch (error) {
    if (error instanceof ProblemError && error.problem.status === 401) return redirectToSignIn();
    return null;
  }
}

export async function redirectToSignIn(): Promise<never> {
  const from = (await headers()).get('x-vestige-path') ?? '/';
  redirect(links.signIn(from));
}
