import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { Observation, Source } from '@vestige/contract';

import { ServiceDouble } from '../testing/service-double.ts';

const program = fileURLToPath(new URL('../main.js', import.meta.url));
/** USER_HZ, in which /proc tells times on every Linux that matters here. */
const ticksPerSecond = 100;

/** The whole agent as a process over a directory of secrets, and a service that takes all that it says. */
export class BenchAgent {
  readonly names: readonly string[];
  readonly source: Source;
  readonly #folder: string;
  readonly #service: ServiceDouble;
  readonly #agent: ChildProcess;
  #position = 0;

  private constructor(service: ServiceDouble, secrets: number) {
    this.#service = service;
    this.#folder = mkdtempSync(join(tmpdir(), 'vestige-bench-'));
    this.source = { kind: 'efi-secret', path: join(this.#folder, 'coco') };
    mkdirSync(this.source.path);
    this.names = Array.from({ length: secrets }, () => randomUUID());
    for (const name of this.names) writeFileSync(this.path(name), Buffer.alloc(64, 1));
    const state = ['--state-dir', join(this.#folder, 'state'), '--name', 'bench'];
    const told = ['--api', service.url, '--enrolment-token', service.token];
    const args = ['run', ...told, ...state, '--source', `efi-secret:${this.source.path}`];
    this.#agent = spawn(process.execPath, [program, ...args], { stdio: 'ignore' });
  }

  static async start(secrets: number): Promise<BenchAgent> {
    const agent = new BenchAgent(await ServiceDouble.listen(), secrets);
    await agent.until('secret.discovered', secrets);
    return agent;
  }

  async stop(): Promise<void> {
    this.#agent.kill('SIGKILL');
    await new Promise((resolve) => this.#agent.once('exit', resolve));
    await this.#service.close();
    rmSync(this.#folder, { recursive: true });
  }

  path(name: string): string {
    return join(this.source.path, name);
  }

  /** How many observations of that type the service has. */
  count(type: Observation['type']): number {
    return this.#service.all().filter((observation) => observation.type === type).length;
  }

  /** Waits until the service has so many, or nothing more comes. */
  async until(type: Observation['type'], count: number): Promise<void> {
    let quiet = 0;
    for (let seen = this.count(type); seen < count && quiet < 100; seen = this.count(type)) {
      await sleep(20);
      quiet = this.count(type) === seen ? quiet + 1 : 0;
    }
  }

  orderWipes(): void {
    const boot = [...this.#service.records.keys()].at(-1) ?? '';
    const order = randomUUID();
    for (const name of this.names) {
      this.#position += 1;
      const ref = { source: this.source, name, guid: name };
      const target = { secret: randomUUID(), boot, ref, executeBefore: null };
      this.#service.give({ order, position: this.#position, ...target });
    }
  }

  /** Of what is resident, in MiB. */
  resident(): number {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(
      readFileSync(`/proc/${this.#agent.pid}/status`, 'utf8'),
    );
    return Number(kilobytes?.[1]) / 1024;
  }

  /** Seconds of a processor that it used so far. */
  processorSeconds(): number {
    const stat = readFileSync(`/proc/${this.#agent.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[14 - 3]) + Number(fields[15 - 3])) / ticksPerSecond;
  }
}
