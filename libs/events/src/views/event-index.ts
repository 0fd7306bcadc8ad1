import type { BootId, Event, EventType, GuestId, Guid, SecretId, WipeId } from '@vestige/contract';
import { EntitySchema } from 'typeorm';

import type { View } from '../follow/view.ts';
import { secretsOf } from './secrets.ts';

/** What an event is about, so that lists of events are read by index. */
export interface EventIndexRow {
  position: number;
  type: EventType;
  guest: GuestId | null;
  boot: BootId | null;
  guid: Guid | null;
  /** Kind and path of the source, where it is about one. */
  source: string | null;
  /** The one secret that it is about; null where it is about none or several. */
  secret: SecretId | null;
  wipe: WipeId | null;
}

export const EventIndexEntity = new EntitySchema<EventIndexRow>({
  name: 'event_index_view',
  columns: {
    position: { type: 'bigint', primary: true },
    type: { type: 'text' },
    guest: { type: 'text', nullable: true },
    boot: { type: 'text', nullable: true },
    guid: { type: 'text', nullable: true },
    source: { type: 'text', nullable: true },
    secret: { type: 'text', nullable: true },
    wipe: { type: 'text', nullable: true },
  },
  indices: [
    { name: 'event_index_view_type', columns: ['type', 'position'] },
    { name: 'event_index_view_guest', columns: ['guest', 'position'] },
    { name: 'event_index_view_boot', columns: ['guest', 'boot', 'type', 'position'] },
    { name: 'event_index_view_guid', columns: ['guid', 'position'] },
    { name: 'event_index_view_wipe', columns: ['wipe', 'type', 'position'] },
  ],
});

export const eventIndexView: View<EventIndexRow> = {
  name: 'event-index',
  version: 1,
  entity: EventIndexEntity,
  isWrittenOnce: true,
  keysOf: ({ position }) => [[position]],
  evolve(_row, { event, position }) {
    const secrets = secretsOf(event);
    return {
      position,
      type: event.type,
      guest: event.guest ?? null,
      boot: event.boot ?? null,
      guid: guidOf(event),
      source: sourceOf(event),
      secret: secrets.length === 1 ? secrets[0]! : null,
      wipe: wipeOf(event),
    };
  },
};

/** Which events mention which secret. */
export interface MentionRow {
  secret: SecretId;
  position: number;
}

export const MentionEntity = new EntitySchema<MentionRow>({
  name: 'mention_view',
  columns: {
    secret: { type: 'text', primary: true },
    position: { type: 'bigint', primary: true },
  },
});

export const mentionsView: View<MentionRow> = {
  name: 'mentions',
  version: 1,
  entity: MentionEntity,
  isWrittenOnce: true,
  keysOf: ({ event, position }) => secretsOf(event).map((secret) => [secret, position]),
  evolve: (_row, { position }, [secret]) => ({ secret: String(secret), position }),
};

/** A source as one text. */
export function sourceKey(kind: string, path: string): string {
  return `${kind}:${path}`;
}

function guidOf(event: Event): Guid | null {
  if ('secret' in event.data && typeof event.data.secret === 'object')
    return event.data.secret.guid;
  if (event.stream.startsWith('catalogue-')) return event.stream.slice('catalogue-'.length);
  if (event.type !== 'wipe.requested') return null;
  const guids = new Set(event.data.targets.map(({ ref }) => ref.guid));
  return guids.size === 1 ? [...guids][0]! : null;
}

function sourceOf(event: Event): string | null {
  if (!('source' in event.data) || event.data.source === null) return null;
  return sourceKey(event.data.source.kind, event.data.source.path);
}

function wipeOf(event: Event): WipeId | null {
  if (event.stream.startsWith('wipe-')) return event.stream.slice('wipe-'.length);
  return 'order' in event.data ? event.data.order : null;
}
