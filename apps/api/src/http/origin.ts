import { isLoopback } from '../config.ts';
import { Refusal } from '../problem.ts';

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Refuses what another site makes a browser send. Every browser adds `Origin` to a request that changes something, or at
 * least `Sec-Fetch-Site`; without either nobody knows where the request comes from, so it is refused too.
 */
export function requireOwnOrigin(headers: Headers, publicUrl: URL): void {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const isOwn =
    typeof origin === 'string'
      ? isSameOrigin(origin, publicUrl)
      : origin === undefined && (site === 'same-origin' || site === 'none');
  if (!isOwn)
    throw new Refusal(
      'foreign-origin',
      `Use the dashboard at ${publicUrl.origin}, or an API token.`,
    );
}

/** On loopback, localhost and 127.0.0.1 are the same place. */
function isSameOrigin(origin: string, publicUrl: URL): boolean {
  if (origin === publicUrl.origin) return true;
  if (!URL.canParse(origin)) return false;
  const given = new URL(origin);
  return (
    given.origin === origin &&
    given.protocol === publicUrl.protocol &&
    given.port === publicUrl.port &&
    isLoopback(given.hostname) &&
    isLoopback(publicUrl.hostname)
  );
}
