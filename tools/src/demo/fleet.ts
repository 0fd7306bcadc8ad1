import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createClient, issueEnrolmentToken, type Api } from '@vestige/contract';
import { buildTable } from '@vestige/secret-area';

import type { Children } from '../children.ts';
import { demoGuest, type DemoGuest } from './scenario.ts';

export interface DemoConfig {
  readonly dataDir: string;
  readonly demoGuests: number;
  readonly bootstrapToken: string;
}

/**
 * Simulated guests on this machine: real agents over real files in a temporary folder, with small programs that read and
 * unlink them. Every start plays a new boot of each guest, with fresh random secrets.
 */
export class DemoFleet {
  /** Below it, each guest has a folder with its secrets. */
  readonly root: string;
  readonly #config: DemoConfig;
  readonly #apiUrl: string;
  readonly #children: Children;
  readonly #api: Api;

  constructor(config: DemoConfig, apiUrl: string, children: Children) {
    this.root = mkdtempSync(join(tmpdir(), 'vestige-demo-'));
    this.#config = config;
    this.#apiUrl = apiUrl;
    this.#children = children;
    this.#api = createClient({
      baseUrl: apiUrl,
      prepare: (request) => ({
        ...request,
        headers: { ...request.headers, authorization: `Bearer ${config.bootstrapToken}` },
      }),
    });
  }

  /** Starts all guests; resolves when each agent watches its secrets and its workload runs. */
  async start(): Promise<void> {
    for (let n = 0; n < this.#config.demoGuests; n += 1) await this.#startGuest(demoGuest(n));
  }

  /** Removes the secrets. */
  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  async #startGuest(guest: DemoGuest): Promise<void> {
    const folder = join(this.root, guest.name);
    const stateDir = join(this.#config.dataDir, 'demo', guest.name);
    mkdirSync(folder, { mode: 0o700 });
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    const place = layDown(guest, folder);
    const bootId = join(folder, 'boot-id');
    writeFileSync(bootId, `${randomUUID()}\n`);
    const agent = this.#children.start(`agent-${guest.name}`, [
      'apps/agent/dist/main.js',
      'run',
      `--api=${this.#apiUrl}`,
      `--state-dir=${stateDir}`,
      `--name=${guest.name}`,
      `--source=${guest.source}:${place}`,
      `--boot-id-file=${bootId}`,
      ...(await this.#enrolment(guest, stateDir)),
    ]);
    await agent.line(/watched by/);
    this.#children.start(`workload-${guest.name}`, [
      'tools/dist/demo/workload.js',
      JSON.stringify({
        source: guest.source,
        place,
        unlocks: guest.unlocks,
        rereads: guest.rereads,
      }),
    ]);
  }

  /** A guest that has its identity from an earlier start needs no token. */
  async #enrolment(guest: DemoGuest, stateDir: string): Promise<string[]> {
    if (isEnrolled(stateDir)) return [];
    const file = join(stateDir, 'enrolment-token');
    const { token } = await this.#api(issueEnrolmentToken, { body: { labels: guest.labels } });
    writeFileSync(file, token, { mode: 0o600 });
    return [`--enrolment-token-file=${file}`];
  }
}

function isEnrolled(stateDir: string): boolean {
  const file = join(stateDir, 'identity.json');
  if (!existsSync(file)) return false;
  const { guest } = JSON.parse(readFileSync(file, 'utf8')) as { guest: string | null };
  return guest !== null;
}

/** Writes the guest's secrets and says where they are. */
function layDown(guest: DemoGuest, folder: string): string {
  if (guest.source === 'table') {
    const image = join(folder, 'secret-area.img');
    const entries = guest.secrets.map(({ guid, bytes }) => ({ guid, data: randomBytes(bytes) }));
    writeFileSync(image, buildTable(entries, { areaSize: 4096 }), { mode: 0o600 });
    return image;
  }
  const directory = join(folder, 'coco');
  mkdirSync(directory, { mode: 0o755 });
  for (const { guid, bytes } of guest.secrets) {
    writeFileSync(join(directory, guid), randomBytes(bytes), { mode: 0o440 });
  }
  return directory;
}
