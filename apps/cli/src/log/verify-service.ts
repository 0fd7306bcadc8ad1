import { listEvents, logCheckpoint, logTile } from '@vestige/contract';
import {
  bundlePath,
  decodeBundle,
  EntriesVerifier,
  type LogKey,
  tileWidth,
  tileWidthMax,
} from '@vestige/tlog';

import type { Service } from '../service.ts';
import { openSigned, type SignedCheckpoint } from './keys.ts';
import { recordedOf } from './recorded.ts';
import type { Demands, VerifiedLog } from './verify-archive.ts';

/** Enough that the hashing never waits, and few enough that the service has time for others. */
const requestsAhead = 4;

/** The newest checkpoint of a service. */
export async function fetchCheckpoint(
  service: Service,
  keys: readonly LogKey[],
): Promise<SignedCheckpoint> {
  return openSigned(await service.ask(logCheckpoint, {}), keys);
}

/** Fetches every entry that the service's checkpoint covers, and returns if they have its root; throws if not. */
export async function verifyService(service: Service, demands: Demands): Promise<VerifiedLog> {
  const checkpoint = await fetchCheckpoint(service, demands.keys);
  const earlier = demands.since === undefined ? [] : [demands.since];
  const verifier = new EntriesVerifier(checkpoint, earlier);
  const stop = new AbortController();
  let firstRecorded: string | null = null;
  let lastRecorded: string | null = null;
  try {
    for await (const { bundle, width } of bundles(service, checkpoint.size, stop.signal)) {
      const isFirst = verifier.size === 0;
      const isLast = verifier.size + width === checkpoint.size;
      const entries = isFirst || isLast ? decodeBundle(bundle, width) : [];
      if (isFirst) firstRecorded = recordedOf(entries[0]);
      if (isLast) lastRecorded = recordedOf(entries.at(-1));
      verifier.takeBundle(bundle, width);
      demands.progress?.(verifier.size, checkpoint.size);
    }
  } finally {
    stop.abort();
  }
  verifier.finish();
  return { checkpoint, from: 0, since: demands.since?.size ?? null, firstRecorded, lastRecorded };
}

/** How many entries the log has, those included that no checkpoint covers yet. */
export async function logSize(service: Service): Promise<number> {
  const { items } = await service.ask(listEvents, { query: { order: 'desc', limit: 1 } });
  return (items[0]?.position ?? -1) + 1;
}

interface Bundle {
  readonly bundle: Uint8Array;
  readonly width: number;
}

/** The bundles of a log of this size in order, the next few being fetched meanwhile. */
async function* bundles(
  service: Service,
  size: number,
  signal: AbortSignal,
): AsyncGenerator<Bundle> {
  const fetched: Promise<Bundle>[] = [];
  const count = Math.ceil(size / tileWidthMax);
  for (let n = 0; n < count + requestsAhead; n += 1) {
    if (n < count) {
      const bundle = fetchBundle(service, n, size, signal);
      // Told when its turn comes, which may be never.
      bundle.catch(() => {});
      fetched.push(bundle);
    }
    if (n >= requestsAhead || n >= count) {
      const next = fetched.shift();
      if (next === undefined) return;
      yield await next;
    }
  }
}

async function fetchBundle(
  service: Service,
  n: number,
  size: number,
  signal: AbortSignal,
): Promise<Bundle> {
  const width = tileWidth(0, n, size);
  const path = bundlePath({ n, width }).slice('tile/'.length);
  return { width, bundle: await service.ask(logTile, { params: { path } }, { signal }) };
}
