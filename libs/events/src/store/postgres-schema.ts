import type pg from 'pg';

import { storageError } from './storage-error.ts';

/** The channel that says how far the log has grown. */
export const logChannel = 'vestige_log';

/** Any number that nobody else in the database locks. */
const schemaLock = 862_147_302_551;

/**
 * The log's tables. Words are compared as bytes: the same as SQLite does, and no index depends on the version of the system's
 * locales. What exists is not touched, as an index or a trigger made again would wait for, and hold up, all who write.
 */
export const postgresSchema = `
SELECT pg_advisory_xact_lock(${schemaLock});
CREATE TABLE IF NOT EXISTS event (
  position bigint PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  stream text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  entry bytea NOT NULL CHECK (octet_length(entry) <= 65535)
);
CREATE TABLE IF NOT EXISTS log_head (id integer PRIMARY KEY CHECK (id = 1), size bigint NOT NULL);
CREATE TABLE IF NOT EXISTS follower (
  name text COLLATE "C" PRIMARY KEY,
  position bigint NOT NULL,
  shape text NOT NULL
);
INSERT INTO log_head VALUES (1, 0) ON CONFLICT DO NOTHING;

CREATE OR REPLACE FUNCTION vestige_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the log is append-only';
END $$;

DO $$
BEGIN
  IF to_regclass('event_stream') IS NULL THEN
    CREATE INDEX event_stream ON event (stream, position);
  END IF;
  IF NOT EXISTS (
    SELECT FROM pg_trigger WHERE tgrelid = 'event'::regclass AND tgname = 'event_append_only'
  ) THEN
    CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event
      FOR EACH STATEMENT EXECUTE FUNCTION vestige_append_only();
    ALTER TABLE event ENABLE ALWAYS TRIGGER event_append_only;
  END IF;
END $$;

-- Appends rows at the end, all or none, and answers where they begin and which of the ids were known, and where those are.
-- With a condition, \`base\` is null and nothing is appended where its stream has an event after a position.
--
-- The head is locked in a statement of its own: each later one then sees what the holder before us has committed, whereas
-- one statement that does both looks for known ids in what was there before it waited. The entries come as one piece of
-- bytes, from \`starts\` on: much cheaper to send and to read than an array of them. Replicas of two versions may run side
-- by side, so what answers differently gets another name.
CREATE OR REPLACE FUNCTION vestige_append(
  ids text[], streams text[], types text[], starts integer[], lengths integer[], entries bytea,
  condition_stream text, condition_last bigint,
  OUT base bigint, OUT known_ids text[], OUT known_positions bigint[]
) LANGUAGE plpgsql
-- A plan is kept by its session, and that of a small table must not be kept while the table grows.
SET enable_seqscan = off AS $$
DECLARE
  added bigint := cardinality(ids);
BEGIN
  UPDATE log_head h SET size = h.size + added WHERE h.id = 1 RETURNING h.size - added INTO base;
  IF EXISTS (SELECT FROM event e WHERE e.stream = condition_stream AND e.position > condition_last) THEN
    UPDATE log_head h SET size = base WHERE h.id = 1;
    base := NULL;
    RETURN;
  END IF;
  BEGIN
    INSERT INTO event
      SELECT base + r.n - 1, r.id, r.stream, r.type, substr(entries, r.start, r.length)
      FROM unnest(ids, streams, types, starts, lengths) WITH ORDINALITY
        AS r (id, stream, type, start, length, n);
  EXCEPTION WHEN unique_violation THEN
    SELECT array_agg(e.id), array_agg(e.position) INTO known_ids, known_positions
      FROM event e WHERE e.id = ANY (ids);
    -- It was not an id: the head and the positions contradict each other.
    IF known_ids IS NULL THEN
      RAISE;
    END IF;
    INSERT INTO event
      SELECT base + row_number() OVER (ORDER BY r.n) - 1, r.id, r.stream, r.type,
        substr(entries, r.start, r.length)
      FROM unnest(ids, streams, types, starts, lengths) WITH ORDINALITY
        AS r (id, stream, type, start, length, n)
      WHERE r.id <> ALL (known_ids);
    GET DIAGNOSTICS added = ROW_COUNT;
    UPDATE log_head h SET size = base + added WHERE h.id = 1;
  END;
  IF added > 0 THEN
    PERFORM pg_notify('${logChannel}', (base + added)::text);
  END IF;
END $$;
`;

/** Makes what is not there yet, in one transaction; replicas that start at once wait for one another. */
export async function createSchema(pool: pg.Pool): Promise<void> {
  try {
    await pool.query(postgresSchema);
  } catch (error) {
    throw storageError(error);
  }
}
