import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { fact, idOf } from '../testing/guest-story.ts';
import { newDatabase, onServer, type TestDatabase } from '../testing/postgres-database.ts';
import { cutConnections, openReplica, type Replica, until } from '../testing/postgres-replica.ts';
import { storeBehaviour } from './behaviour.ts';
import { openPostgresConnection } from './postgres-connection.ts';

const stopped = (word: string) => fact('service.stopped', 'service', {}, idOf(word));

storeBehaviour('PostgreSQL store', async (clock) => {
  const own = await newDatabase();
  const { store, connection } = await openReplica(own.url, {}, clock);
  const close = store.close.bind(store);
  store.close = async () => {
    await close();
    await connection.close();
    await own.drop();
  };
  return store;
});

describe('PostgreSQL store: the database', () => {
  let database: TestDatabase;
  let replica: Replica;
  beforeEach(async () => {
    database = await newDatabase();
    replica = await openReplica(database.url);
  });
  afterEach(async () => {
    await replica.close();
    await database.drop();
  });

  const sql = (text: string): Promise<unknown> => replica.connection.pool.query(text);
  const isSynced = async (): Promise<boolean> => {
    const { rows } = await replica.connection.pool.query<{ fsync: string }>('SHOW fsync');
    return rows[0]!.fsync === 'on';
  };

  it.each([
    "UPDATE event SET stream = 'x'",
    'UPDATE event SET position = 7 WHERE position = 100',
    'DELETE FROM event',
    'TRUNCATE event',
    'TRUNCATE log_head, event',
    "INSERT INTO event VALUES (0, 'i', 's', 't', '') ON CONFLICT (position) DO UPDATE SET id = 'x'",
    "SET session_replication_role = 'replica'; DELETE FROM event",
  ])('refuses %s', async (text) => {
    await replica.store.append([stopped('a')]);
    const before = await replica.store.entries(0, 10);
    await expect(sql(text)).rejects.toThrow('the log is append-only');
    expect(await replica.store.entries(0, 10)).toEqual(before);
  });

  it('lets the others of a group through when one of them cannot be stored, leaving no hole', async () => {
    await sql(`ALTER TABLE event ADD CHECK (id <> '${idOf('b')}')`);
    const group = ['a', 'b', 'c'].map((word) => replica.store.append([stopped(word)]));
    const [a, b, c] = await Promise.allSettled(group);
    expect([a!.status, b!.status, c!.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const read = await replica.store.read(0, 10);
    expect(read.map(({ position, event }) => [position, event.id])).toEqual([
      [0, idOf('a')],
      [1, idOf('c')],
    ]);
    expect(await replica.store.size()).toBe(2);
  });

  it('says that no space is left, and goes on when there is space again', async () => {
    await sql(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
      CREATE TRIGGER full_disk BEFORE INSERT ON event EXECUTE FUNCTION full_disk()`);
    const group = ['a', 'b'].map((word) => replica.store.append([stopped(word)]));
    const outcomes = await Promise.allSettled(group);
    const full = { status: 'rejected', reason: { code: 'storage-full' } };
    expect(outcomes).toMatchObject([full, full]);
    await sql('DROP TRIGGER full_disk ON event');
    expect(await replica.store.append([stopped('a')])).toEqual([{ position: 0, isNew: true }]);
  });

  it('never acknowledges what a head that contradicts the positions would overwrite', async () => {
    await replica.store.append([stopped('a')]);
    await sql('UPDATE log_head SET size = 0');
    await expect(replica.store.append([stopped('b')])).rejects.toMatchObject({ code: '23505' });
    expect(await replica.store.positionOf(idOf('b'))).toBeNull();
  });

  it('commits durably whatever the database has for a default', async () => {
    const name = new URL(database.url).pathname.slice(1);
    await onServer(`ALTER DATABASE ${name} SET synchronous_commit = off`);
    await onServer(`ALTER DATABASE ${name} SET default_transaction_isolation = 'repeatable read'`);
    const other = await openReplica(database.url);
    const { rows } = await other.connection.pool.query(
      `SELECT current_setting('synchronous_commit') AS commit,
        current_setting('transaction_isolation') AS isolation`,
    );
    await other.close();
    expect(rows).toEqual([{ commit: 'on', isolation: 'read committed' }]);
  });

  it('is brought up by many replicas that start at once', async () => {
    const empty = await newDatabase();
    const replicas = await Promise.all(Array.from({ length: 8 }, () => openReplica(empty.url)));
    await Promise.all(replicas.map(({ store }, n) => store.append([stopped(String(n))])));
    expect(await replicas[0]!.store.size()).toBe(8);
    await Promise.all(replicas.map((one) => one.close()));
    await empty.drop();
  });

  it('is not opened where it is not there, or cannot be reached', async () => {
    const nowhere = database.url.replace(/:\d+\//, ':1/');
    await expect(openReplica(nowhere)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(openReplica(`${database.url}x`)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('does not exist') as string,
    });
  });

  it('is not opened while the server does not write to the disk', async () => {
    await onServer('ALTER SYSTEM SET fsync = off');
    await onServer('SELECT pg_reload_conf()');
    try {
      await until(async () => !(await isSynced()));
      await expect(openReplica(database.url)).rejects.toMatchObject({ code: 'not-durable' });
    } finally {
      await onServer('ALTER SYSTEM RESET fsync');
      await onServer('SELECT pg_reload_conf()');
      await until(isSynced);
    }
  });
});

describe('PostgreSQL connection', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await newDatabase();
  });
  afterEach(() => database.drop());

  it('brings what was notified to all who listen, at the commit', async () => {
    const connection = openPostgresConnection(database.url);
    const heard: string[] = [];
    const client = await connection.pool.connect();
    await new Promise<void>((listening) => {
      connection.listen('a channel', (payload) => heard.push(`first ${payload}`), listening);
    });
    await new Promise<void>((listening) => {
      connection.listen('a channel', (payload) => heard.push(`second ${payload}`), listening);
    });
    await client.query('BEGIN');
    await connection.notify('a channel', 'late', client);
    await connection.notify('a channel', 'early');
    await client.query('COMMIT');
    client.release();
    await until(() => heard.length === 4);
    expect(heard).toEqual(['first early', 'second early', 'first late', 'second late']);
    await connection.close();
  });

  it('listens again after it was cut off, and says so', async () => {
    const replica = await openReplica(database.url);
    const heard: string[] = [];
    let listenings = 0;
    const stop = replica.connection.listen(
      'channel',
      (payload) => heard.push(payload),
      () => {
        listenings += 1;
      },
    );
    await until(() => listenings === 1);
    await cutConnections(replica);
    await until(() => listenings === 2);
    await replica.connection.notify('channel', 'here');
    await until(() => heard.length === 1);
    stop();
    await replica.close();
    expect(heard).toEqual(['here']);
  });

  it('is closed while it tries to connect to nobody', async () => {
    const connection = openPostgresConnection(database.url.replace(/:\d+\//, ':1/'));
    connection.listen('channel', () => {});
    await expect(connection.notify('channel', '')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(connection.close()).resolves.toBeUndefined();
  });
});
