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
const underWay = ['queued', 'delivered'];

/** Random bytes for each GUID: wherever they are found is a copy. */
export function plant(...guids) {
  return Object.fromEntries(guids.map((guid) => [guid, randomBytes(32)]));
}

/** A guest with secrets in its area, and a service on the host for its agent. */
export class World {
  system = new System();
  guest;
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
    return this.startAgentWith('--enrolment-token-file=/run/token', ...more);
  }

  async startAgentWith(...more) {
    this.#runs += 1;
    const log = `/run/agent-${this.#runs}.log`;
    const where = `--api=${this.apiInGuest} --allow-http --state-dir=${stateDir}`;
    const command = `${program} run ${where} --name=linux-${kernel} ${more.join(' ')}`;
    const pid = await this.guest.run(`${command} >${log} 2>&1 & echo $!`);
    await this.guest.run(
      `until grep -q 'watched by' ${log}; do kill -0 ${pid.trim()} || { cat ${log}; exit 1; }; sleep 0.1; done`,
    );
    return Number(pid);
  }

  /** Events of that type about that secret, or about any. */
  async events(type, guid) {
    const events = await allEvents(this.system.api, type);
    return events.filter(({ data }) => guid === undefined || data.secret?.guid === guid);
  }

  /** Resolves with the data of these events once there are `count` of them. */
  async seen(count, type, guid, seconds = 20) {
    const what = `${count} ${type} of ${guid ?? 'any secret'}`;
    return until(
      what,
      async () => {
        const events = await this.events(type, guid);
        return events.length >= count ? events.map(({ data }) => data) : undefined;
      },
      seconds,
    );
  }

  /** Orders a secret's wipe and resolves with what became of it. */
  async wipe(guid) {
    const { items } = await this.system.api(listSecrets, { query: { guid } });
    const body = { select: { secrets: [items[0].id] }, reason: 'The kernel test' };
    const { id } = await this.system.api(requestWipe, { body });
    return until(`the wipe of ${guid}`, async () => {
      const targets = await this.system.api(listWipeTargets, { params: { id }, query: {} });
      const [target] = targets.items;
      return underWay.includes(target.state) ? undefined : target;
    });
  }
}
