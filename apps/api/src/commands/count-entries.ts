import type { Log } from '@vestige/events';

/** How many entries a log says it has, and how many are there without a hole from the first on. */
export interface Counted {
  readonly said: number;
  readonly there: number;
  /** Whether there are entries behind the hole. */
  readonly isTorn: boolean;
}

export async function countEntries({ dataSource, store }: Log): Promise<Counted> {
  const said = await store.size();
  const rows: { last: number | string | null }[] = await dataSource.query(
    'SELECT max(position) AS last FROM event',
  );
  const end = rows[0]?.last === null || rows[0] === undefined ? 0 : Number(rows[0].last) + 1;
  if (end === said && (await isWhole(dataSource, end))) return { said, there: end, isTorn: false };
  const there = await firstHole(dataSource);
  return { said, there, isTorn: there < end };
}

async function isWhole(dataSource: Log['dataSource'], end: number): Promise<boolean> {
  const rows: { count: number | string }[] = await dataSource.query(
    'SELECT count(*) AS count FROM event',
  );
  return Number(rows[0]?.count) === end;
}

/** The first position at which there is nothing. */
async function firstHole(dataSource: Log['dataSource']): Promise<number> {
  const rows: { hole: number | string | null }[] = await dataSource.query(
    `SELECT min(position) AS hole FROM (
      SELECT 0 AS position UNION ALL SELECT position + 1 FROM event
    ) AS next WHERE NOT EXISTS (SELECT 1 FROM event WHERE event.position = next.position)`,
  );
  return Number(rows[0]?.hole ?? 0);
}

/**
 * Lets the log end where its entries do, and makes anew what was made of more. Followers that are beyond the end would
 * never look at what comes in their place.
 */
export async function endAt(
  { dataSource, followers }: Log,
  size: number,
  say: (line: string) => void,
): Promise<void> {
  await dataSource.query(`UPDATE log_head SET size = ${Math.trunc(size)}`);
  const ahead: { name: string }[] = await dataSource.query(
    `SELECT name FROM follower WHERE position > ${Math.trunc(size)}`,
  );
  await dataSource.query(
    `UPDATE follower SET position = ${Math.trunc(size)} WHERE position > ${Math.trunc(size)}`,
  );
  const rebuildable = new Set(
    followers.status().flatMap(({ name, kind }) => (kind === 'reactor' ? [] : [name])),
  );
  for (const { name } of ahead.filter((follower) => rebuildable.has(follower.name))) {
    say(`Making ${name} anew ...`);
    await followers.rebuild(name);
  }
}
