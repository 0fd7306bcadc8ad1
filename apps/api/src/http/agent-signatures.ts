import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { ReplayStore } from './replay-store.ts';
import { verifyRequest, type KeyOf } from './signed-request.ts';

/** Signatures of agents' requests, and the memory against replays. */
@Injectable()
export class AgentSignatures {
  private readonly replays = new ReplayStore();

  /** The keyid of a request whose signature verifies. */
  verify(request: FastifyRequest, keyOf: KeyOf): Promise<string> {
    const { method = '', url = '', headers } = request.raw;
    return verifyRequest(
      { method, target: url, headers, body: request.rawBody },
      keyOf,
      this.replays,
    );
  }
}
