import type { SecretCounts } from '@vestige/contract';
import { SecretEntity } from '@vestige/events';
import type { DataSource, SelectQueryBuilder } from 'typeorm';

interface StateCount {
  guest: string;
  state: keyof Omit<SecretCounts, 'read'>;
  total: number;
  read: number;
}

/** How many secrets each of these guests has in which state. */
export async function countByGuest(
  views: DataSource,
  guests: readonly string[],
): Promise<(guest: string) => SecretCounts> {
  if (guests.length === 0) return () => sum([]);
  const rows = await byState(views)
    .addSelect('secret.guest', 'guest')
    .where('secret.guest IN (:...guests)', { guests })
    .addGroupBy('secret.guest')
    .getRawMany<StateCount>();
  return (guest) => sum(rows.filter((row) => row.guest === guest));
}

/** The same over the fleet. */
export async function countAll(views: DataSource): Promise<SecretCounts> {
  return sum(await byState(views).getRawMany<StateCount>());
}

function byState(views: DataSource): SelectQueryBuilder<object> {
  return views
    .createQueryBuilder()
    .select('secret.state', 'state')
    .addSelect('COUNT(*)', 'total')
    .addSelect('SUM(CASE WHEN secret.reads > 0 THEN 1 ELSE 0 END)', 'read')
    .from(SecretEntity, 'secret')
    .groupBy('secret.state');
}

function sum(rows: readonly StateCount[]): SecretCounts {
  const counts = { present: 0, wiped: 0, unlinked: 0, vanished: 0, ended: 0, read: 0 };
  for (const { state, total, read } of rows) {
    counts[state] += total;
    if (state === 'present') counts.read += read;
  }
  return counts;
}
