import { randomBytes } from 'node:crypto';

import { issueEnrolmentToken, listSecrets, listWipeTargets, requestWipe } from '@vestige/contract';
import { buildTable } from '@vestige/secret-area';

import { allEvents } from '../../dist/events.js';
import { System } from '../../dist/system.js';
import { until } from '../../dist/until.js';
import { partsOf } from '../build/parts.mjs';
import { Guest } from './guest.mjs';

/** Which of the kernels this run is about. */
export const kernel = process.env.VESTIGE_KERNEL ?? '6.12';

export const coco = '/sys/kernel/security/secrets/coco';
export const program = 'node /agent/vestige-agent.mjs';
export const stateDir = '/run/vestige';

/** An agent that does not run for as long as a reader may wait is killed, and emulation is slow where the host is busy. */
const patience = '--hold-ms=10000';
const underWay = ['queued', 'delivered'];

/** Random bytes for each GUID: wherever they are found is a copy. */
export function plant(...guids) {
  return Object.fromEntries(guids.map((guid) => [guid, randomBytes(32)]));
}

/** A guest with secrets in its area, and a service on the host for its agent. */
export class World {
  system = new System();
  guest;
  /** What the agent that was started last says, in the guest. */
  log = '';
  #runs = 0;

  /** `secrets` by GUID, or what makes them once the service is there. */
  static async start(secrets, options = {}) {
    const world = new World();
    await world.system.startApi();
    const planted = typeof secrets === 'function' ? await secrets(world) : secrets;
    const entries = Object.entries(planted).map(([guid, data]) => ({ guid, data }));
    const area = buildTable(entries);
    world.guest = await Guest.boot(partsOf(kernel), { area, ...options });
    return world;
  }

  async stop() {
    await this.guest?.stop();
    await this.system.stop();
  }

  /** The service's address as the guest reaches it: 10.0.2.2 is the host's loopback. */
  get apiInGuest() {
    return `http://10.0.2.2:${new URL(this.system.apiUrl).port}`;
  }

  /** Starts the agent and resolves with its pid once it watches; where the module is not loaded, once it said so. */
  async startAgent(...more) {
    const { token } = await this.system.api(issueEnrolmentToken, { body: {} });
    await this.guest.run(`echo ${token} >/run/token; chmod 600 /run/token`);
    return this.startAgentWith('--enrolment-token-file=/run/token', patience, ...more);
  }

  /** Of an agent that was restarted, which finds its sources as it left them, only that it began is said. */
  async startAgentWith(...more) {
    const where = `--api=${this.apiInGuest} --allow-http --state-dir=${stateDir}`;
    const command = `${program} run ${where} --name=linux-${kernel} ${more.join(' ')}`;
    this.#runs += 1;
    this.log = `/run/agent-${this.#runs}.log`;
    const { log } = this;
    const told = `(${command} & echo $! >/run/agent.pid; wait $!; echo "exit code $?")`;
    await this.guest.run(`rm -f /run/agent.pid; ${told} >${log} 2>&1 &`);
    const isReady = `grep -qE 'watched by|resumed' ${log}`;
    const isEnded = `grep -q 'exit code' ${log}`;
    await this.guest.run(
      `until ${isReady}; do ! ${isEnded} || { cat ${log}; exit 1; }; sleep 0.1; done`,
    );
    const pid = await this.guest.run('cat /run/agent.pid');
    return Number(pid);
  }

  /** Ends the agent as a service manager does, or as the kernel does, and waits until it is gone. */
  async stopAgent(signal = 'TERM') {
    await this.guest.run(`kill -${signal} $(cat /run/agent.pid)`);
    await this.guest.run(`until grep 'exit code' ${this.log}; do sleep 0.1; done`);
  }

  /** Events of that type about that secret, or about any. */
  async events(type, guid) {
    const events = await allEvents(this.system.api, type);
    return events.filter(({ data }) => guid === undefined || data.secret?.guid === guid);
  }

  /** Resolves with the data of these events once there are `count` of them. */
  async seen(count, type, guid) {
    return this.#until(`${count} ${type} of ${guid ?? 'any secret'}`, async () => {
      const events = await this.events(type, guid);
      return events.length >= count ? events.map(({ data }) => data) : undefined;
    });
  }

  /** Orders a secret's wipe and resolves with what became of it. */
  async wipe(guid) {
    const { items } = await this.system.api(listSecrets, { query: { guid } });
    const body = { select: { secrets: [items[0].id] }, reason: 'The kernel test' };
    const { id } = await this.system.api(requestWipe, { body });
    return this.#until(`the wipe of ${guid}`, async () => {
      const targets = await this.system.api(listWipeTargets, { params: { id }, query: {} });
      const [target] = targets.items;
      return underWay.includes(target.state) ? undefined : target;
    });
  }

  /** Emulation is slow; where it is in vain, the agent's own words tell more. */
  async #until(what, ask) {
    try {
      return await until(what, ask, 40);
    } catch (error) {
      const said = await this.guest.run(`tail -20 ${this.log}`);
      throw new Error(`${error.message}\n${said}`, { cause: error });
    }
  }
}
