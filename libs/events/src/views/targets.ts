import type {
  BootId,
  Event,
  GuestId,
  Guid,
  SecretId,
  SourceKind,
  TargetState,
  WipeEvidence,
  WipeId,
} from '@vestige/contract';
import { EntitySchema } from 'typeorm';

import { secretId } from '../deterministic-id.ts';
import type { Recorded } from '../entry.ts';
import type { Key, View } from '../follow/view.ts';

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
    position: { type: 'integer' },
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
    return { ...row, ...change(row, event), position, updatedAt: event.recorded };
  },
};

function keysOf({ event }: Recorded): Key[] {
  const wipe = event.stream.slice('wipe-'.length);
  switch (event.type) {
    case 'wipe.requested':
      return event.data.targets.map(({ secret }) => [wipe, secret]);
    case 'wipe.expired':
    case 'wipe.cancelled':
      return event.data.secrets.map((secret) => [wipe, secret]);
    case 'wipe.confirmed':
    case 'wipe.refused':
    case 'wipe.failed':
    case 'wipe.lost':
      return [[wipe, event.data.secret]];
    case 'wipe.delivered':
    case 'secret.wiped':
    case 'secret.wipe-failed': {
      const { order, secret } = event.data;
      return order === null ? [] : [[order, secretId(event.guest!, event.boot!, secret)]];
    }
    default:
      return [];
  }
}

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

function change(row: TargetRow, event: Event): Partial<TargetRow> {
  switch (event.type) {
    case 'wipe.delivered':
      return row.state === 'queued' ? { state: 'delivered' } : {};
    case 'secret.wiped':
      return { evidence: event.data.evidence };
    case 'wipe.confirmed':
      return { state: event.data.outcome };
    case 'wipe.refused':
      return { state: 'refused', detail: event.data.detail };
    case 'wipe.failed':
      return { state: 'failed', detail: event.data.detail };
    case 'wipe.expired':
      return { state: 'expired' };
    case 'wipe.cancelled':
      return { state: 'cancelled' };
    case 'wipe.lost':
      return { state: 'lost' };
    default:
      return {};
  }
}
