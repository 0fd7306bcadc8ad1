/** `npm run bench -- log`: what the log's promises cost, as ratios to bare inserts without any. An argument is a PostgreSQL URL. */
import { benchPostgres } from './bench/postgres.ts';
import { benchSqlite } from './bench/sqlite.ts';

const [postgresUrl] = process.argv.slice(2);
await benchSqlite();
if (postgresUrl === undefined) console.log('PostgreSQL: not measured, as there is none here');
else await benchPostgres(postgresUrl);
