import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';
import { EntitySchema, type MigrationInterface, type QueryRunner } from 'typeorm';
import { afterAll, describe, expect, it } from 'vitest';

import { openLog } from './open-log.ts';
import { GuestStory, idOf } from './testing/guest-story.ts';
import { findSecret } from './views/query-secrets.ts';
import { type WipeCommand, wipeDecider } from './wipe/decide.ts';

const directory = mkdtempSync(join(tmpdir(), 'vestige-log-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;
const newFile = (): string => join(directory, 'deep', `${(files += 1)}.db`);

const NoteEntity = new EntitySchema<{ id: string; text: string }>({
  name: 'note',
  columns: { id: { type: 'text', primary: true }, text: { type: 'text' } },
});

class CreateMigrated1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query("CREATE TABLE migrated AS SELECT 'kept' AS id");
  }

  async down(): Promise<void> {}
}

describe('openLog', () => {
  it('commits with synchronous=FULL in WAL, after reopening too', async () => {
    const file = newFile();
    for (let round = 0; round < 2; round += 1) {
      const log = await openLog({ file });
      const { dataSource } = log;
      expect(await dataSource.query('PRAGMA synchronous')).toEqual([{ synchronous: 2 }]);
      expect(await dataSource.query('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
      expect(await dataSource.query('PRAGMA foreign_keys')).toEqual([{ foreign_keys: 1 }]);
      await log.close();
    }
  });

  it('lets only one have the file, until it is closed', async () => {
    const file = newFile();
    const first = await openLog({ file });
    await expect(openLog({ file })).rejects.toMatchObject({ code: 'log-in-use' });
    await first.close();
    await (await openLog({ file })).close();
  });

  it('gives the file free when it cannot open it', async () => {
    const file = newFile();
    await (await openLog({ file })).close();
    const db = new Database(file);
    db.exec('DROP TABLE log_head; CREATE TABLE log_head (other TEXT)');
    await expect(openLog({ file })).rejects.toThrow('log_head');
    db.exec('DROP TABLE log_head');
    db.close();
    await (await openLog({ file })).close();
  });

  it("keeps the caller's tables beside the log", async () => {
    const file = newFile();
    for (const id of ['a', 'b']) {
      const log = await openLog({ file, entities: [NoteEntity] });
      const { dataSource } = log;
      await dataSource.getRepository(NoteEntity).insert({ id, text: 'kept' });
      expect(await dataSource.getRepository(NoteEntity).count()).toBe(id === 'a' ? 1 : 2);
      await log.close();
    }
  });

  it('goes on where its followers were when it is opened again', async () => {
    const file = newFile();
    const guest = new GuestStory();
    const first = await openLog({ file });
    await first.store.append([guest.enrolled(), guest.booted(), guest.discovered('a')]);
    await first.followers.settled();
    await first.store.append([guest.read('a')]);
    await first.close();

    const again = await openLog({ file });
    expect(again.followers.status().map(({ position }) => position)).toContain(4);
    expect(await findSecret(again.dataSource, guest.secret('a'))).toMatchObject({ reads: 1 });
    await again.store.append([guest.read('a')]);
    await again.followers.settled();
    expect(await findSecret(again.dataSource, guest.secret('a'))).toMatchObject({ reads: 2 });
    await again.close();
  });

  it('reacts again to what it may have reacted to before a crash, to no effect', async () => {
    const file = newFile();
    const guest = new GuestStory();
    const next = new GuestStory('guest', 'boot 2');
    const first = await openLog({ file });
    await first.store.append([guest.enrolled(), guest.booted(), guest.discovered('a')]);
    const command: WipeCommand = {
      type: 'Request',
      now: '2026-01-31T12:00:00Z',
      reason: 'test',
      ticket: null,
      executeBefore: null,
      targets: [guest.target('a')],
    };
    const stream = `wipe-${idOf('order')}`;
    await first.store.decide(wipeDecider, stream, command, { actor: { kind: 'service' } });
    await first.store.append([guest.wipeFailed('a', 'order', 'refused'), next.booted()]);
    await first.followers.settled();
    const size = await first.store.size();
    await first.close();
    const db = new Database(file);
    db.exec("UPDATE follower SET position = 0 WHERE name IN ('boot-endings', 'wipe-progress')");
    db.close();

    const again = await openLog({ file });
    await again.followers.settled();
    expect(await again.store.size()).toBe(size);
    await again.close();
  });

  it("runs the caller's migrations before it looks at the tables", async () => {
    const file = newFile();
    const MigratedEntity = new EntitySchema<{ id: string }>({
      name: 'migrated',
      synchronize: false,
      columns: { id: { type: 'text', primary: true } },
    });
    const options = { file, entities: [MigratedEntity], migrations: [CreateMigrated1700000000000] };
    for (let round = 0; round < 2; round += 1) {
      const log = await openLog(options);
      expect(await log.dataSource.getRepository(MigratedEntity).count()).toBe(1);
      await log.close();
    }
  });

  it('makes a view anew whose shape has changed', async () => {
    const file = newFile();
    const guest = new GuestStory();
    const first = await openLog({ file });
    await first.store.append([guest.enrolled(), guest.booted(), guest.discovered('a')]);
    await first.close();
    const db = new Database(file);
    db.exec(`UPDATE follower SET shape = 'older' WHERE name = 'secrets';
      DROP TABLE secret_view; CREATE TABLE secret_view (id TEXT); INSERT INTO secret_view VALUES ('stale')`);
    db.close();

    const again = await openLog({ file });
    expect(await findSecret(again.dataSource, guest.secret('a'))).toMatchObject({
      name: guest.target('a').ref.name,
    });
    expect(await again.dataSource.query('SELECT count(*) n FROM secret_view')).toEqual([{ n: 1 }]);
    await again.close();
  });
});
