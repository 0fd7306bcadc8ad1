import { generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto';

import {
  pathOf,
  endpoints,
  signatureBase,
  signatureInput,
  type Observation,
  type SignatureParams,
} from '@vestige/contract';

import { contentDigestOf } from '../http/signed-request.ts';
import { send, type Received, type Sent } from './send.ts';

export const source = { kind: 'efi-secret', path: '/sys/kernel/security/secrets/coco' } as const;

/** An agent as short as the contract allows: it signs, enrols, reports and asks. */
export class TestAgent {
  readonly boot: string = randomUUID();
  readonly publicKey: string;
  readonly base: string;
  guest = '';
  private readonly key;

  constructor(base: string) {
    this.base = base;
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    this.key = privateKey;
    this.publicKey = publicKey.export({ format: 'jwk' }).x ?? '';
  }

  /** A signed request, to be sent as it is or to be spoilt first. */
  signed(
    method: string,
    target: string,
    json?: unknown,
    params: Partial<SignatureParams> = {},
  ): Sent {
    const body = json === undefined ? undefined : JSON.stringify(json);
    const host = new URL(this.base).host;
    const now = Math.floor(Date.now() / 1000);
    const all = {
      created: now,
      expires: now + 60,
      nonce: randomBytes(16).toString('base64url'),
      keyid: this.guest,
      ...params,
    };
    const [path = '', query] = target.split('?');
    const digest = body === undefined ? '' : contentDigestOf(Buffer.from(body));
    const base = signatureBase(
      {
        method,
        authority: host,
        path,
        query: query === undefined ? '' : `?${query}`,
        ...(body !== undefined && {
          body: { contentDigest: digest, contentType: 'application/json' },
        }),
      },
      all,
    );
    const signature = sign(null, Buffer.from(base), this.key).toString('base64');
    return {
      method,
      path: target,
      body,
      headers: {
        host,
        'signature-input': signatureInput(all, body !== undefined),
        signature: `sig1=:${signature}:`,
        ...(body !== undefined && {
          'content-digest': digest,
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
        }),
      },
    };
  }

  send(request: Sent): Promise<Received> {
    return send(this.base, request);
  }

  async enrol(token: string, name = 'guest'): Promise<Received> {
    const body = { token, publicKey: this.publicKey, name, agentVersion: '1.0.0' };
    const answer = await this.send(
      this.signed('POST', endpoints.enrol.path, body, { keyid: this.publicKey }),
    );
    if (answer.status === 201) this.guest = String(answer.json.guest);
    return answer;
  }

  batch(firstSeq: number, observations: readonly unknown[], boot = this.boot): Sent {
    return this.signed('POST', endpoints.observe.path, { boot, firstSeq, observations });
  }

  observe(firstSeq: number, observations: readonly unknown[]): Promise<Received> {
    return this.send(this.batch(firstSeq, observations));
  }

  orders(after: number, wait: number): Promise<Received> {
    return this.send(this.signed('GET', pathOf(endpoints.orders, { query: { after, wait } })));
  }
}

/** What an agent says first: its boot, itself, its source. */
export function opening(at = '2026-01-01T00:00:00.000Z'): Observation[] {
  return [
    {
      type: 'guest.booted',
      at,
      data: { bootedAt: at, kernel: '6.12', hostname: 'vm-1', platform: 'sev-snp' },
    },
    { type: 'agent.started', at, data: { version: '1.0.0', mode: 'observe', resumed: false } },
    {
      type: 'source.found',
      at,
      data: {
        source,
        condition: 'populated',
        capabilities: ['per-item-wipe'],
        method: 'fanotify-permission',
        detail: '',
      },
    },
  ];
}

export function secretRef(guid: string) {
  return { source, name: guid, guid };
}

export function discovered(guid: string, at = '2026-01-01T00:00:01.000Z'): Observation {
  return {
    type: 'secret.discovered',
    at,
    data: { secret: secretRef(guid), dataLength: 32, usage: null },
  };
}

export function readOf(guid: string, pid: number, at = '2026-01-01T00:00:02.000Z'): Observation {
  const reader = {
    pid,
    startTime: 1,
    exe: '/usr/bin/cat',
    comm: 'cat',
    uid: 0,
    gid: 0,
    loginuid: null,
    cgroup: null,
    unit: null,
    container: null,
  };
  return {
    type: 'secret.read',
    at,
    data: { secret: secretRef(guid), reader, method: 'fanotify-permission', extent: 'item' },
  };
}

/** The agent carried an order out, and its check passed. */
export function wiped(guid: string, order: string): Observation {
  const at = '2026-01-01T00:00:03.000Z';
  return {
    type: 'secret.wiped',
    at,
    data: {
      secret: secretRef(guid),
      order,
      evidence: {
        technique: 'securityfs-unlink',
        filesystem: 'securityfs',
        bytesOverwritten: null,
        synced: false,
        startedAt: at,
        completedAt: at,
        verification: { nameGone: true, readBackZero: null, holders: null, result: 'pass' },
        caveats: [],
      },
    },
  };
}

export function deliveredOrder(guid: string, order: string): Observation {
  return {
    type: 'wipe.delivered',
    at: '2026-01-01T00:00:02.500Z',
    data: { order, secret: secretRef(guid) },
  };
}
