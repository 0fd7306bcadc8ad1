import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createClient, endpoints, type Api, type Role } from '@vestige/contract';
import Database from 'better-sqlite3';

import { digest } from '../access/digest.ts';
import { readConfig, type Config } from '../config.ts';
import { jsonLogger, startService, type Service } from '../service.ts';
import { TestAgent } from './test-agent.ts';

export const adminToken = 'an-admin-token-for-tests';

/** The real service on a free port over a real file in a directory of its own. */
export interface TestApi {
  readonly url: string;
  readonly origin: string;
  readonly dataDir: string;
  readonly service: Service;
  /** The client of a program with the admin's token. */
  readonly api: Api;
  /** The client of a program with a token of this role. */
  as(role: Role): Api;
  /** A guest's agent, enrolled. */
  agent(): Promise<TestAgent>;
  token(options?: { uses?: number; expiresIn?: number }): Promise<string>;
  close(): Promise<void>;
}

export async function startApi(
  overrides: Partial<Config> = {},
  dataDir: string = mkdtempSync(join(tmpdir(), 'vestige-api-')),
): Promise<TestApi> {
  const environment = {
    VESTIGE_API_PORT: '0',
    VESTIGE_DATA_DIR: dataDir,
    VESTIGE_BOOTSTRAP_TOKEN: adminToken,
  };
  const config = Object.assign(readConfig(environment), overrides);
  const service = await startService(config, jsonLogger());
  const { url } = service;
  const api = clientOf(url, adminToken);
  const token: TestApi['token'] = async (options = {}) =>
    (await api(endpoints.issueEnrolmentToken, { body: options })).token;
  return {
    url,
    origin: config.publicUrl.origin,
    dataDir,
    service,
    api,
    token,
    as: (role) => clientOf(url, tokenIn(dataDir, role)),
    agent: async () => {
      const agent = new TestAgent(url);
      await agent.enrol(await token());
      return agent;
    },
    close: async () => {
      await service.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export function clientOf(baseUrl: string, token: string): Api {
  return createClient({
    baseUrl,
    prepare: (request) => ({
      ...request,
      headers: { ...request.headers, authorization: `Bearer ${token}` },
    }),
  });
}

/** Tokens of other roles are not issued over HTTP yet, so the row is written as the service would. */
function tokenIn(dataDir: string, role: Role): string {
  const token = randomUUID();
  const db = new Database(join(dataDir, 'vestige.db'));
  db.prepare('INSERT INTO api_token (hash, id, name, role, created_at) VALUES (?, ?, ?, ?, ?)').run(
    digest(token),
    randomUUID(),
    role,
    role,
    Date.now(),
  );
  db.close();
  return token;
}
