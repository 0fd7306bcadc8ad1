import type { GuestId, SecretCounts, SecretState } from '@vestige/contract';
import type { DataSource } from 'typeorm';

import { GuestEntity } from './guests.ts';
import { SecretEntity } from './secrets.ts';
import { WipeEntity } from './wipes.ts';

const none: SecretCounts = { present: 0, wiped: 0, unlinked: 0, vanished: 0, ended: 0, read: 0 };

interface CountedState {
  readonly guest: GuestId;
  readonly state: SecretState;
  readonly count: number | string;
  readonly read: number | string;
}

/** How the secrets of these guests are, by guest; every guest that is asked for has an answer. */
export async function secretCountsOf(
  dataSource: DataSource,
  guests: readonly GuestId[],
): Promise<Map<GuestId, SecretCounts>> {
  const counts = new Map(guests.map((guest) => [guest, none]));
  if (guests.length === 0) return counts;
  const rows = await countedStates(dataSource)
    .addSelect('secret.guest', 'guest')
    .where('secret.guest IN (:...guests)', { guests })
    .addGroupBy('secret.guest')
    .getRawMany<CountedState>();
  for (const row of rows) counts.set(row.guest, counting(counts.get(row.guest)!, row));
  return counts;
}

/** How the fleet's secrets are. */
export async function fleetSecretCounts(dataSource: DataSource): Promise<SecretCounts> {
  const rows = await countedStates(dataSource).getRawMany<CountedState>();
  return rows.reduce(counting, none);
}

function countedStates(dataSource: DataSource) {
  return dataSource
    .getRepository(SecretEntity)
    .createQueryBuilder('secret')
    .select('secret.state', 'state')
    .addSelect('COUNT(*)', 'count')
    .addSelect(
      "SUM(CASE WHEN secret.state = 'present' AND secret.reads > 0 THEN 1 ELSE 0 END)",
      'read',
    )
    .groupBy('secret.state');
}

function counting(counts: SecretCounts, { state, count, read }: CountedState): SecretCounts {
  return { ...counts, [state]: Number(count), read: counts.read + Number(read) };
}

export interface WipeCounts {
  readonly open: number;
  readonly completed: number;
  /** Completed, but not with all of its targets. */
  readonly failed: number;
}

export async function wipeCounts(dataSource: DataSource): Promise<WipeCounts> {
  const counted = await dataSource
    .getRepository(WipeEntity)
    .createQueryBuilder('wipe')
    .select("SUM(CASE WHEN wipe.state <> 'completed' THEN 1 ELSE 0 END)", 'open')
    .addSelect("SUM(CASE WHEN wipe.state = 'completed' THEN 1 ELSE 0 END)", 'completed')
    .addSelect("SUM(CASE WHEN wipe.outcome IN ('partly', 'failed') THEN 1 ELSE 0 END)", 'failed')
    .getRawOne<Record<keyof WipeCounts, number | string | null>>();
  return {
    open: Number(counted?.open ?? 0),
    completed: Number(counted?.completed ?? 0),
    failed: Number(counted?.failed ?? 0),
  };
}

export interface GuestCounts {
  readonly total: number;
  readonly corruptSources: number;
}

export async function guestCounts(dataSource: DataSource): Promise<GuestCounts> {
  const counted = await dataSource
    .getRepository(GuestEntity)
    .createQueryBuilder('guest')
    .select('COUNT(*)', 'total')
    .addSelect('SUM(guest.corruptSources)', 'corruptSources')
    .getRawOne<Record<keyof GuestCounts, number | string | null>>();
  return {
    total: Number(counted?.total ?? 0),
    corruptSources: Number(counted?.corruptSources ?? 0),
  };
}

/** Who was heard from when, for the API to tell who is silent now. */
export async function guestsHeard(
  dataSource: DataSource,
): Promise<{ id: GuestId; stopped: boolean; lastEventAt: string }[]> {
  return dataSource
    .getRepository(GuestEntity)
    .find({ select: { id: true, stopped: true, lastEventAt: true } });
}

/** Names of guests, for lists that know them by id. */
export async function guestNames(
  dataSource: DataSource,
  ids: readonly GuestId[],
): Promise<Map<GuestId, string>> {
  if (ids.length === 0) return new Map();
  const rows = await dataSource
    .getRepository(GuestEntity)
    .createQueryBuilder('guest')
    .select(['guest.id', 'guest.name'])
    .where('guest.id IN (:...ids)', { ids })
    .getMany();
  return new Map(rows.map(({ id, name }) => [id, name]));
}
