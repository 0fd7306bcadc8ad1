import type { Event, EventOf, GuestId, Labels, Platform, SourceReport } from '@vestige/contract';
import { type DataSource, EntitySchema } from 'typeorm';

import { type ByType, byType } from '../by-type.ts';
import type { Recorded } from '../entry.ts';
import type { View } from '../follow/view.ts';
import { anyContains, hasText } from './dialect.ts';
import { cursorPosition, containing, type Page, pageOf, type PageQuery } from './page.ts';

/** A guest as its own events tell; what was heard from it since is for the API to add. */
export interface GuestRow {
  id: GuestId;
  name: string;
  labels: Labels;
  /** The labels as text, so that one can be looked for in any database: "\nkey=value\n...". */
  labelText: string;
  publicKey: string;
  enrolmentToken: string;
  enrolledAt: string;
  enrolledPosition: number;
  agentVersion: string;
  boot: string | null;
  bootedAt: string | null;
  kernel: string | null;
  hostname: string | null;
  platform: Platform;
  sources: SourceReport[];
  corruptSources: number;
  gaps: number;
  /** Its agent said that it stops, and has not started since. */
  stopped: boolean;
  /** Nothing is taken from it until a person has released it. */
  quarantined: boolean;
  /** When the service took in its last event. */
  lastEventAt: string;
  position: number;
}

export const GuestEntity = new EntitySchema<GuestRow>({
  name: 'guest_view',
  columns: {
    id: { type: 'text', primary: true },
    name: { type: 'text' },
    labels: { type: 'simple-json' },
    labelText: { type: 'text' },
    publicKey: { type: 'text' },
    enrolmentToken: { type: 'text' },
    enrolledAt: { type: 'text' },
    enrolledPosition: { type: 'bigint' },
    agentVersion: { type: 'text' },
    boot: { type: 'text', nullable: true },
    bootedAt: { type: 'text', nullable: true },
    kernel: { type: 'text', nullable: true },
    hostname: { type: 'text', nullable: true },
    platform: { type: 'text' },
    sources: { type: 'simple-json' },
    corruptSources: { type: 'integer' },
    gaps: { type: 'integer' },
    stopped: { type: 'boolean' },
    quarantined: { type: 'boolean' },
    lastEventAt: { type: 'text' },
    position: { type: 'bigint' },
  },
  indices: [
    { name: 'guest_view_enrolled', columns: ['enrolledPosition'], unique: true },
    { name: 'guest_view_key', columns: ['publicKey'] },
  ],
});

export const guestsView: View<GuestRow> = {
  name: 'guests',
  version: 2,
  entity: GuestEntity,
  keysOf: ({ event }) => (event.stream === `guest-${event.guest}` ? [[event.guest!]] : []),
  evolve(row, recorded) {
    const { event, position } = recorded;
    const changed = event.type === 'guest.enrolled' ? enrolled(event, recorded) : row;
    if (changed === undefined) return undefined;
    return { ...changed, ...change(changed, event), lastEventAt: event.recorded, position };
  },
};

function enrolled(event: EventOf<'guest.enrolled'>, { position }: Recorded): GuestRow {
  const { name, labels, publicKey, enrolmentToken, agentVersion } = event.data;
  return {
    id: event.guest!,
    name,
    labels,
    labelText: `\n${Object.entries(labels)
      .map(([key, value]) => `${key}=${value}\n`)
      .join('')}`,
    publicKey,
    enrolmentToken,
    agentVersion,
    enrolledAt: event.at,
    enrolledPosition: position,
    boot: null,
    bootedAt: null,
    kernel: null,
    hostname: null,
    platform: 'unknown',
    sources: [],
    corruptSources: 0,
    gaps: 0,
    stopped: false,
    quarantined: false,
    lastEventAt: event.recorded,
    position,
  };
}

function change(row: GuestRow, event: Event): Partial<GuestRow> {
  if (event.type === 'guest.booted')
    return {
      ...event.data,
      boot: event.boot!,
      sources: [],
      corruptSources: 0,
      gaps: 0,
      stopped: false,
    };
  if (event.type === 'guest.quarantined') return { quarantined: true };
  if (event.type === 'guest.released') return { quarantined: false };
  // A late report of an earlier boot says nothing about this one.
  if (event.boot !== row.boot) return {};
  return byType(changes, event, row) ?? {};
}

const changes: ByType<Event, [GuestRow], Partial<GuestRow>> = {
  'agent.started': ({ data }) => ({ agentVersion: data.version, stopped: false }),
  'agent.stopped': () => ({ stopped: true }),
  'agent.gap': (_event, row) => ({ gaps: row.gaps + 1 }),
  'source.found': ({ data }, row) => reported(row.sources, data),
  'source.changed': ({ data }, row) => reported(row.sources, data),
};

function reported(known: readonly SourceReport[], report: SourceReport): Partial<GuestRow> {
  const others = known.filter(
    ({ source }) => source.kind !== report.source.kind || source.path !== report.source.path,
  );
  const sources = [...others, report];
  return {
    sources,
    corruptSources: sources.filter(({ condition }) => condition === 'corrupt').length,
  };
}

export interface GuestsQuery extends PageQuery {
  /** Part of a name, host name or id. */
  readonly q?: string | undefined;
  /** `key` or `key=value`. */
  readonly label?: string | undefined;
}

/** Guests, the newest enrolled first. */
export async function queryGuests(
  dataSource: DataSource,
  query: GuestsQuery,
): Promise<Page<GuestRow>> {
  const { limit, cursor, q, label } = query;
  const find = dataSource.getRepository(GuestEntity).createQueryBuilder('guest');
  if (cursor !== undefined)
    find.andWhere('guest.enrolledPosition < :before', { before: cursorPosition(cursor) });
  if (q !== undefined)
    find.andWhere(anyContains(dataSource, ['guest.name', 'guest.hostname', 'guest.id'], 'q'), {
      q: containing(q),
    });
  if (label !== undefined)
    find.andWhere(hasLabel(dataSource, 'label'), { label: labelText(label) });
  const rows = await find
    .orderBy('guest.enrolledPosition', 'DESC')
    .limit(limit + 1)
    .getMany();
  return pageOf(rows, limit, (row) => String(row.enrolledPosition));
}

/** The condition that a guest has a label. LIKE takes upper and lower case for the same, so that a wipe would meet others. */
export function hasLabel(dataSource: DataSource, parameter: string): string {
  return hasText(dataSource, 'guest.labelText', parameter);
}

/** `key` or `key=value` as it stands in a `labelText`. */
export function labelText(label: string): string {
  return label.includes('=') ? `\n${label}\n` : `\n${label}=`;
}

export async function findGuest(dataSource: DataSource, id: GuestId): Promise<GuestRow | null> {
  return dataSource.getRepository(GuestEntity).findOneBy({ id });
}
