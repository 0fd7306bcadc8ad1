import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createClient, issueEnrolmentToken, type Api } from '@vestige/contract';
import { Children, type Child } from '@vestige/tools/children';

const address = /(http:\/\/[\w.:[\]-]+)/;

/** The whole system as its users run it: API, dashboard and agents are processes over real files in a temporary folder. */
export class System {
  readonly folder = mkdtempSync(join(tmpdir(), 'vestige-e2e-'));
  readonly dataDir = join(this.folder, 'data');
  readonly logDir = join(this.folder, 'logs');
  readonly bootstrapToken = randomBytes(24).toString('base64url');
  readonly children = new Children(this.logDir, () => undefined);
  apiUrl = '';
  webUrl = '';
  #api: Child | undefined;

  /** Calls the API with the admin token. */
  readonly api: Api = (endpoint, input, options) =>
    createClient({
      baseUrl: this.apiUrl,
      prepare: (request) => ({
        ...request,
        headers: { ...request.headers, authorization: `Bearer ${this.bootstrapToken}` },
      }),
    })(endpoint, input, options);

  async startApi(): Promise<void> {
    this.#api = this.children.start('api', ['apps/api/dist/main.js'], {
      VESTIGE_DATA_DIR: this.dataDir,
      VESTIGE_API_PORT: this.apiUrl === '' ? '0' : new URL(this.apiUrl).port,
      VESTIGE_WEB_PORT: this.webUrl === '' ? '3000' : new URL(this.webUrl).port,
      VESTIGE_BOOTSTRAP_TOKEN: this.bootstrapToken,
    });
    this.apiUrl = (await this.#api.line(address))[1]!;
  }

  /** Ends the API as a crash would. */
  async killApi(): Promise<void> {
    const gone = new Promise((resolve) => this.#api?.process.once('exit', resolve));
    this.#api?.process.kill('SIGKILL');
    await gone;
  }

  /** Ends the API as an operator would. */
  async stopApi(): Promise<void> {
    const gone = new Promise((resolve) => this.#api?.process.once('exit', resolve));
    this.#api?.process.kill('SIGTERM');
    await gone;
  }

  async startWeb(port: number): Promise<void> {
    this.webUrl = `http://localhost:${port}`;
    const web = this.children.start('web', ['apps/web/server.mjs'], {
      VESTIGE_WEB_PORT: String(port),
      VESTIGE_API_URL: this.apiUrl,
    });
    await web.line(address);
  }

  /** Enrols and starts an agent; resolves when it watches its sources. */
  async startAgent(name: string, sources: readonly string[]): Promise<Child> {
    const stateDir = join(this.folder, name);
    mkdirSync(stateDir, { mode: 0o700 });
    const tokenFile = join(this.folder, `${name}.token`);
    const { token } = await this.api(issueEnrolmentToken, { body: { labels: { test: 'e2e' } } });
    writeFileSync(tokenFile, token, { mode: 0o600 });
    const agent = this.children.start(name, [
      'apps/agent/dist/main.js',
      'run',
      `--api=${this.apiUrl}`,
      `--state-dir=${stateDir}`,
      `--name=${name}`,
      `--enrolment-token-file=${tokenFile}`,
      ...sources.map((source) => `--source=${source}`),
    ]);
    await agent.line(/watched by/);
    return agent;
  }

  /** A directory with the interface of securityfs `secrets/coco`, holding the given secrets. */
  layDown(name: string, secrets: Record<string, Buffer>): string {
    const directory = join(this.folder, name);
    mkdirSync(directory);
    for (const [guid, data] of Object.entries(secrets)) {
      writeFileSync(join(directory, guid), data, { mode: 0o440 });
    }
    return directory;
  }

  async stop(): Promise<void> {
    await this.children.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
