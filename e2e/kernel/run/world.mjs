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

/** A reader whose record takes too long is let through unseen, and emulation is slow where the host is busy. */
const patience = '--hold-ms=10000';
const log = '/run/agent.log';
const underWay = ['queued', 'delivered'];

/** Random bytes for each GUID: wherever they are found is a copy. */
export function plant(...guids) {
  return Object.fromEntries(guids.map((guid) => [guid, randomBytes(32)]));
}

/** A guest with secrets in its area, and a service on the host for its agent. */
export class World {
  system = new System();
  guest;

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

  /** Starts the agent and resolves once it watches; where the module is not loaded, once it said so. */
  async startAgent(...more) {
    const { token } = await this.system.api(issueEnrolmentToken, { body: {} });
    await this.guest.run(`echo ${token} >/run/token; chmod 600 /run/token`);
    const enrolment = [`--api=${this.apiInGuest}`, '--enrolment-token-file=/run/token'];
    return this.startAgentWith(...enrolment, patience, ...more);
  }

  /**
   * An agent that is enrolled already, or enrols by itself. As under a service manager, it is started again where it did
   * not end by itself. One that finds its sources as it left them only says that it resumed.
   */
  async startAgentWith(...more) {
    const always = `--state-dir=${stateDir} --name=linux-${kernel} --allow-http`;
    const once = `${program} run ${always} ${more.join(' ')} & echo $! >/run/agent.pid; wait $!`;
    await this.guest.run(`(until ${once}; do echo "exit code $?"; sleep 1; done) >${log} 2>&1 &`);
    await this.guest.run(`until grep -qE 'watched by|resumed' ${log}; do sleep 0.1; done`);
  }

  /** Ends the agent as a service manager does, and waits until it is gone. */
  async stopAgent() {
    await this.guest.run('kill $(cat /run/agent.pid)');
    await this.guest.run('while kill -0 $(cat /run/agent.pid); do sleep 0.1; done');
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
      const said = await this.guest.run(`tail -20 ${log}`);
      throw new Error(`${error.message}\n${said}`, { cause: error });
    }
  }
}
