import type { EventType } from '@vestige/contract';
import { type DataSource, EntitySchema, MoreThanOrEqual } from 'typeorm';

import type { View } from '../follow/view.ts';

/** What happened in an hour of the service's clock: a guest's clock may be wrong. */
export interface ActivityRow {
  /** The hour's begin. */
  hour: string;
  discovered: number;
  reads: number;
  unlinks: number;
  wipes: number;
  gaps: number;
}

const ActivityEntity = new EntitySchema<ActivityRow>({
  name: 'activity_view',
  columns: {
    hour: { type: 'text', primary: true },
    discovered: { type: 'integer' },
    reads: { type: 'integer' },
    unlinks: { type: 'integer' },
    wipes: { type: 'integer' },
    gaps: { type: 'integer' },
  },
});

const columnOf: Partial<Record<EventType, Exclude<keyof ActivityRow, 'hour'>>> = {
  'secret.discovered': 'discovered',
  'secret.read': 'reads',
  'secret.unlinked': 'unlinks',
  'secret.wiped': 'wipes',
  'agent.gap': 'gaps',
};

export const activityView: View<ActivityRow> = {
  name: 'activity',
  version: 1,
  entity: ActivityEntity,
  keysOf: ({ event }) => (columnOf[event.type] === undefined ? [] : [[hourOf(event.recorded)]]),
  evolve(row, { event }) {
    const hour = row ?? {
      hour: hourOf(event.recorded),
      discovered: 0,
      reads: 0,
      unlinks: 0,
      wipes: 0,
      gaps: 0,
    };
    const column = columnOf[event.type]!;
    return { ...hour, [column]: hour[column] + 1 };
  },
};

function hourOf(time: string): string {
  return `${time.slice(0, 13)}:00:00.000Z`;
}

const hourMs = 3_600_000;

/** The last hours up to the one of `now`, oldest first, those in which nothing happened included. */
export async function queryActivity(
  dataSource: DataSource,
  now: Date,
  hours = 24,
): Promise<ActivityRow[]> {
  const wanted = Array.from({ length: hours }, (_, index) =>
    hourOf(new Date(now.getTime() - (hours - 1 - index) * hourMs).toISOString()),
  );
  const rows = await dataSource
    .getRepository(ActivityEntity)
    .findBy({ hour: MoreThanOrEqual(wanted[0]!) });
  const byHour = new Map(rows.map((row) => [row.hour, row]));
  return wanted.map(
    (hour) => byHour.get(hour) ?? { hour, discovered: 0, reads: 0, unlinks: 0, wipes: 0, gaps: 0 },
  );
}
