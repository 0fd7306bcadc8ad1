import type {
  BootId,
  Event,
  GuestId,
  Guid,
  SecretId,
  SecretRef,
  SourceKind,
  TargetState,
  WipeEvidence,
  WipeId,
} from '@vestige/contract';
import { EntitySchema } from 'typeorm';

import { type ByType, byType } from '../by-type.ts';
import { secretId } from '../deterministic-id.ts';
import type { Recorded } from '../entry.ts';
import type { Key, View } from '../follow/view.ts';
import { secretsOf } from './secrets.ts';

/** One secret of one wipe order. */
export interface TargetRow {
  wipe: WipeId;
  secret: SecretId;
  guest: GuestId;
  boot: BootId;
  sourceKind: SourceKind;
  sourcePath: string;
  name: string;
  guid: Guid | null;
  state: TargetState;
  updatedAt: string;
  detail: string | null;
  evidence: WipeEvidence | null;
  position: number;
}

export const TargetEntity = new EntitySchema<TargetRow>({
  name: 'wipe_target_view',
  columns: {
    wipe: { type: 'text', primary: true },
    secret: { type: 'text', primary: true },
    guest: { type: 'text' },
    boot: { type: 'text' },
    sourceKind: { type: 'text' },
    sourcePath: { type: 'text' },
    name: { type: 'text' },
    guid: { type: 'text', nullable: true },
    state: { type: 'text' },
    updatedAt: { type: 'text' },
    detail: { type: 'text', nullable: true },
    evidence: { type: 'simple-json', nullable: true },
    position: { type: 'bigint' },
  },
  indices: [
    { name: 'wipe_target_view_guest', columns: ['guest', 'state'] },
    { name: 'wipe_target_view_secret', columns: ['secret'] },
  ],
});

export const targetsView: View<TargetRow> = {
  name: 'wipe-targets',
  version: 1,
  entity: TargetEntity,
  keysOf,
  evolve(row, recorded, key) {
    const { event, position } = recorded;
    if (event.type === 'wipe.requested') return requested(event.data.targets, key, recorded);
    // What an agent says of an order or a secret that is not the order's changes nothing.
    if (row === undefined) return undefined;
    return { ...row, ...byType(changes, event, row), position, updatedAt: event.recorded };
  },
};

function keysOf({ event }: Recorded): Key[] {
  const report = byType(reports, event);
  if (report !== undefined)
    return report.order === null
      ? []
      : [[report.order, secretId(event.guest!, event.boot!, report.secret)]];
  if (!event.stream.startsWith('wipe-')) return [];
  return secretsOf(event).map((secret) => [event.stream.slice('wipe-'.length), secret]);
}

/** What agents say of an order. */
const reports: ByType<Event, [], { order: WipeId | null; secret: SecretRef }> = {
  'wipe.delivered': ({ data }) => data,
  'secret.wiped': ({ data }) => data,
  'secret.wipe-failed': ({ data }) => data,
};

function requested(
  targets: Extract<Event, { type: 'wipe.requested' }>['data']['targets'],
  [wipe, secret]: Key,
  { event, position }: Recorded,
): TargetRow {
  const target = targets.find((candidate) => candidate.secret === secret)!;
  const { guest, boot, ref } = target;
  return {
    wipe: String(wipe),
    secret: target.secret,
    guest,
    boot,
    sourceKind: ref.source.kind,
    sourcePath: ref.source.path,
    name: ref.name,
    guid: ref.guid,
    state: 'queued',
    updatedAt: event.recorded,
    detail: null,
    evidence: null,
    position,
  };
}

const changes: ByType<Event, [TargetRow], Partial<TargetRow>> = {
  'wipe.delivered': (_event, row) => (row.state === 'queued' ? { state: 'delivered' } : {}),
  'secret.wiped': ({ data }) => ({ evidence: data.evidence }),
  'wipe.confirmed': ({ data }) => ({ state: data.outcome }),
  'wipe.refused': ({ data }) => ({ state: 'refused', detail: data.detail }),
  'wipe.failed': ({ data }) => ({ state: 'failed', detail: data.detail }),
  'wipe.expired': () => ({ state: 'expired' }),
  'wipe.cancelled': () => ({ state: 'cancelled' }),
  'wipe.lost': () => ({ state: 'lost' }),
};
