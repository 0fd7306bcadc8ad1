import { z } from 'zod';

import { endpoint } from './endpoint.ts';
import { Position, wholeNumber } from './primitives.ts';

const Bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);

/**
 * A signed checkpoint: origin, size and root in a line each, an empty line, then up to 16 signatures (C2SP tlog-checkpoint,
 * signed-note). No line of free text, so that nothing else can ride along.
 */
export const CheckpointNote = z
  .string()
  .regex(
    /^[^\s+]{1,200}\n\d{1,16}\n[A-Za-z0-9+/]{43}=\n\n(— [^\s+]{1,200} [A-Za-z0-9+/]{1,200}={0,2}\n){1,16}$/u,
    'a signed checkpoint (C2SP tlog-checkpoint)',
  );
export type CheckpointNote = z.infer<typeof CheckpointNote>;

/** A verifier key as C2SP signed-note has it: `name+hash+key`. */
export const VerifierKey = z
  .string()
  .max(300)
  .regex(/^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/, 'a verifier key: name+hash+key');
export type VerifierKey = z.infer<typeof VerifierKey>;

/** The newest signed checkpoint (C2SP tlog-checkpoint). */
export const logCheckpoint = endpoint({
  method: 'GET',
  path: '/v1/log/checkpoint',
  summary: "The log's newest signed checkpoint (C2SP tlog-checkpoint)",
  caller: 'people-or-agent',
  action: 'read',
  media: 'text/plain; charset=utf-8',
  cache: 'short',
  response: z.string(),
});

/** C2SP tlog-tiles with the prefix `/v1/log`: `0/x001/067`, `1/000.p/7`, `entries/x001/067.p/112`. */
export const logTile = endpoint({
  method: 'GET',
  path: '/v1/log/tile/{+path}',
  summary: 'A tile of hashes, or with `entries/` a bundle of entries (C2SP tlog-tiles)',
  caller: 'people',
  action: 'read',
  media: 'application/octet-stream',
  cache: 'immutable',
  params: z.strictObject({
    path: z
      .string()
      .max(64)
      .regex(/^(entries|[0-9]{1,2})\/[0-9x/]+(\.p\/[0-9]{1,3})?$/, 'level/index or entries/index'),
  }),
  response: Bytes,
});

export const logEntry = endpoint({
  method: 'GET',
  path: '/v1/log/entry/{position}',
  summary: 'The exact bytes of one entry, which are the Merkle leaf',
  caller: 'people',
  action: 'read',
  media: 'application/octet-stream',
  cache: 'short',
  params: z.strictObject({ position: wholeNumber(0) }),
  response: Bytes,
});

/** 404 while no checkpoint covers the position yet. */
export const logProof = endpoint({
  method: 'GET',
  path: '/v1/log/proof/{position}',
  summary:
    'Proof that an entry is in the log (C2SP tlog-proof), with the checkpoint that it leads to',
  caller: 'people',
  action: 'read',
  media: 'text/plain; charset=utf-8',
  cache: 'short',
  params: z.strictObject({ position: wholeNumber(0) }),
  response: z.string(),
});

/** Sizes, not positions; both at most that of the newest checkpoint. */
export const logConsistency = endpoint({
  method: 'GET',
  path: '/v1/log/consistency',
  summary:
    'Proof that the log of one size begins with that of a smaller one: base64 hashes, one a line',
  caller: 'people-or-agent',
  action: 'read',
  media: 'text/plain; charset=utf-8',
  cache: 'immutable',
  query: z.strictObject({ from: wholeNumber(1), to: wholeNumber(1) }),
  response: z.string(),
});

/** The key that signs now comes first; those that signed earlier checkpoints follow. */
export const logKey = endpoint({
  method: 'GET',
  path: '/v1/log/key',
  summary: "The log's verifier keys (C2SP signed-note), one a line, the current one first",
  caller: 'people-or-agent',
  action: 'read',
  media: 'text/plain; charset=utf-8',
  cache: 'short',
  response: z.string(),
});

/**
 * A tar archive in the layout of C2SP tlog-tiles, for `vestige log verify` and any other verifier: `checkpoint` first, then
 * entry bundles and tiles. `from` is rounded down to a multiple of 256; `to` is a size, that of the
 * newest checkpoint where it is left out, and the archive's checkpoint is over exactly so many entries.
 */
export const exportLog = endpoint({
  method: 'GET',
  path: '/v1/log/export',
  summary: 'A bundle that verifies offline: a tar archive in the layout of C2SP tlog-tiles',
  caller: 'people',
  action: 'read',
  media: 'application/x-tar',
  query: z.strictObject({ from: wholeNumber(0).default(0), to: wholeNumber(1).optional() }),
  response: z.custom<AsyncIterable<Uint8Array>>(
    (value) => value !== null && typeof value === 'object',
  ),
});

/** What turns the log into something else: a view, reactions to events, the Merkle tree. */
export const Follower = z.object({
  name: z.string(),
  kind: z.enum(['view', 'reactor', 'tree']),
  /** It has taken every event before this position. */
  position: Position,
  /** Why it stands still; null while it does not. */
  failure: z.string().nullable(),
  /** How far its new rows are while it is made anew; null while it is not. */
  rebuilding: Position.nullable(),
  /** Why it could not be made anew the last time; null where it could, or nobody tried. */
  rebuildFailure: z.string().nullable(),
});
export type Follower = z.infer<typeof Follower>;

export const listFollowers = endpoint({
  method: 'GET',
  path: '/v1/followers',
  summary: 'How far everything that is made of the log has come',
  caller: 'people',
  action: 'read',
  response: z.object({
    /** How many entries the log has. */
    size: Position,
    items: z.array(Follower),
    next: z.null(),
  }),
});

/** Answers at once; `GET /v1/followers` shows the progress. The old rows are served until the new ones are complete. */
export const rebuildFollower = endpoint({
  method: 'POST',
  path: '/v1/followers/{name}/rebuild',
  summary: 'Make a view, or the Merkle tiles, anew from the log',
  caller: 'people',
  action: 'follower.rebuild',
  params: z.strictObject({ name: z.string().regex(/^[a-z-]{1,64}$/) }),
  response: z.object({ name: z.string() }),
  status: 202,
});
