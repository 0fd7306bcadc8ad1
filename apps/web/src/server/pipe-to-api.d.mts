import type { IncomingMessage, ServerResponse } from 'node:http';

export interface PipeLimits {
  /** How long the API may be silent before its answer begins. */
  readonly silenceMs?: number;
  /** How long an upload that nobody reads any more is taken in, so that its sender gets the answer. */
  readonly lingerMs?: number;
}

export function pipeToApi(
  api: URL,
  limits?: PipeLimits,
): (incoming: IncomingMessage, outgoing: ServerResponse) => void;
