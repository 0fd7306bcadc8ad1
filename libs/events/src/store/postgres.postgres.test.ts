import { newDatabase } from '../testing/postgres-database.ts';
import { storeBehaviour } from './behaviour.ts';
import { openPostgresConnection } from './postgres-connection.ts';
import { openPostgresStore } from './postgres.ts';
import type { EventStore } from './store.ts';

/** A store on a database of its own, gone with it. */
async function openStore(): Promise<EventStore> {
  const database = await newDatabase();
  const connection = openPostgresConnection(database.url);
  const store = await openPostgresStore(connection);
  const close = store.close.bind(store);
  store.close = async () => {
    await close();
    await connection.close();
    await database.drop();
  };
  return store;
}

storeBehaviour('PostgreSQL store', openStore);
