import type {
  BootId,
  Event,
  EventOf,
  GuestId,
  Guid,
  Reader,
  SecretId,
  SecretRef,
  SecretState,
  SourceKind,
  WipeId,
} from '@vestige/contract';
import { EntitySchema } from 'typeorm';

import { type ByType, byType } from '../by-type.ts';
import { secretId } from '../deterministic-id.ts';
import type { Recorded } from '../entry.ts';
import type { View } from '../follow/view.ts';

/** One secret, as its own events tell. */
export interface SecretRow {
  id: SecretId;
  guest: GuestId;
  boot: BootId;
  sourceKind: SourceKind;
  sourcePath: string;
  name: string;
  guid: Guid | null;
  usage: string | null;
  dataLength: number | null;
  state: SecretState;
  verification: 'pass' | 'fail' | 'unknown' | null;
  discoveredAt: string;
  discoveredPosition: number;
  goneAt: string | null;
  reads: number;
  firstReadAt: string | null;
  lastReadAt: string | null;
  lastReader: Reader | null;
  pendingWipe: WipeId | null;
  position: number;
}

export const SecretEntity = new EntitySchema<SecretRow>({
  name: 'secret_view',
  columns: {
    id: { type: 'text', primary: true },
    guest: { type: 'text' },
    boot: { type: 'text' },
    sourceKind: { type: 'text' },
    sourcePath: { type: 'text' },
    name: { type: 'text' },
    guid: { type: 'text', nullable: true },
    usage: { type: 'text', nullable: true },
    dataLength: { type: 'integer', nullable: true },
    state: { type: 'text' },
    verification: { type: 'text', nullable: true },
    discoveredAt: { type: 'text' },
    discoveredPosition: { type: 'bigint' },
    goneAt: { type: 'text', nullable: true },
    reads: { type: 'integer' },
    firstReadAt: { type: 'text', nullable: true },
    lastReadAt: { type: 'text', nullable: true },
    lastReader: { type: 'simple-json', nullable: true },
    pendingWipe: { type: 'text', nullable: true },
    position: { type: 'bigint' },
  },
  indices: [
    { name: 'secret_view_discovered', columns: ['discoveredPosition'], unique: true },
    { name: 'secret_view_guest', columns: ['guest', 'state'] },
    { name: 'secret_view_guid', columns: ['guid', 'discoveredPosition'] },
    { name: 'secret_view_state', columns: ['state', 'discoveredPosition'] },
  ],
});

export const secretsView: View<SecretRow> = {
  name: 'secrets',
  version: 2,
  entity: SecretEntity,
  keysOf: ({ event }) => secretsOf(event).map((id) => [id]),
  evolve(row, recorded) {
    const { event, position } = recorded;
    if (event.stream.startsWith('wipe-')) return ordered(row, recorded);
    if (!isAboutSecret(event)) return row;
    const secret = row ?? firstSeen(event, recorded);
    return { ...secret, ...byType(changes, event, secret, recorded), position };
  },
};

type SecretEvent = Extract<Event, { data: { secret: SecretRef } }>;

/** Events of a guest's own stream that tell something of one secret. */
function isAboutSecret(event: Event): event is SecretEvent {
  return event.type.startsWith('secret.');
}

/** Every secret that an event names. */
export function secretsOf(event: Event): SecretId[] {
  const named = byType(orderedSecrets, event);
  if (named !== undefined) return named;
  return 'secret' in event.data && event.guest !== undefined && event.boot !== undefined
    ? [secretId(event.guest, event.boot, event.data.secret as SecretRef)]
    : [];
}

const orderedSecrets: ByType<Event, [], SecretId[]> = {
  'wipe.requested': ({ data }) => data.targets.map(({ secret }) => secret),
  'wipe.expired': ({ data }) => data.secrets,
  'wipe.cancelled': ({ data }) => data.secrets,
  'wipe.confirmed': ({ data }) => [data.secret],
  'wipe.refused': ({ data }) => [data.secret],
  'wipe.failed': ({ data }) => [data.secret],
  'wipe.lost': ({ data }) => [data.secret],
};

function firstSeen(event: SecretEvent, { position }: Recorded): SecretRow {
  const { source, name, guid } = event.data.secret;
  return {
    id: secretId(event.guest!, event.boot!, event.data.secret),
    guest: event.guest!,
    boot: event.boot!,
    sourceKind: source.kind,
    sourcePath: source.path,
    name,
    guid,
    usage: null,
    dataLength: null,
    state: 'present',
    verification: null,
    discoveredAt: event.at,
    discoveredPosition: position,
    goneAt: null,
    reads: 0,
    firstReadAt: null,
    lastReadAt: null,
    lastReader: null,
    pendingWipe: null,
    position,
  };
}

const changes: ByType<Event, [SecretRow, Recorded], Partial<SecretRow>> = {
  'secret.discovered': discovered,
  'secret.read': ({ at, data }, row) => ({
    reads: row.reads + 1,
    firstReadAt: row.firstReadAt ?? at,
    lastReadAt: at,
    lastReader: data.reader,
  }),
  'secret.wiped': wiped,
  'secret.unlinked': ({ at }, row) => gone(row, 'unlinked', at),
  'secret.vanished': ({ at }, row) => gone(row, 'vanished', at),
  'secret.ended': ({ at }, row) => (row.state === 'present' ? { state: 'ended', goneAt: at } : {}),
};

/**
 * The same name again in the same boot is present again, and from now on only, so that it is not counted as readable while
 * it was gone. Its reads are kept: what vanished and comes back may be what was read. But nothing outlives its boot.
 */
function discovered(
  { at, data: { dataLength, usage } }: EventOf<'secret.discovered'>,
  row: SecretRow,
  { position }: Recorded,
): Partial<SecretRow> {
  if (row.state === 'ended') return { dataLength, usage };
  const since = row.state === 'present' ? {} : { discoveredAt: at, discoveredPosition: position };
  return { dataLength, usage, state: 'present', goneAt: null, verification: null, ...since };
}

/** The agent's own wipe is the best witness; what it still lists afterwards is still present. */
function wiped(event: EventOf<'secret.wiped'>): Partial<SecretRow> {
  const { nameGone, result } = event.data.evidence.verification;
  if (!nameGone) return { verification: result };
  return { state: 'wiped', goneAt: event.at, verification: result };
}

/** The first witness counts; the end of the boot is only concluded, so a late report of what was before takes its place. */
function gone(row: SecretRow, state: SecretState, at: string): Partial<SecretRow> {
  return row.state === 'present' || row.state === 'ended' ? { state, goneAt: at } : {};
}

/** An order claims the secret until it has an answer for it. */
function ordered(row: SecretRow | undefined, { event, position }: Recorded): SecretRow | undefined {
  if (row === undefined) return undefined;
  const order = event.stream.slice('wipe-'.length);
  if (event.type === 'wipe.requested') return { ...row, pendingWipe: order, position };
  return row.pendingWipe === order ? { ...row, pendingWipe: null, position } : row;
}
