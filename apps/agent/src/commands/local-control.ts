import { join } from 'node:path';

import { causeOf } from '../agent-error.ts';
import type { Discovery } from '../source/discovery.ts';
import { carryOutLocally } from './carry-out-locally.ts';
import { ControlSocket } from './control-socket.ts';
import { LocalWipes, type LocalWipesOptions } from './local-wipes.ts';

export interface LocalControlOptions extends Omit<LocalWipesOptions, 'path' | 'discovery'> {
  readonly stateDir: string;
  readonly discovery: Discovery;
  readonly exclusively: <T>(task: () => Promise<T>) => Promise<T>;
}

/** What the guest's own root asks of the running agent. */
export class LocalControl {
  readonly wipes: LocalWipes;
  readonly #options: LocalControlOptions;
  #socket: ControlSocket | null = null;

  constructor(options: LocalControlOptions) {
    this.#options = options;
    this.wipes = new LocalWipes({ ...options, path: pendingPath(options.stateDir) });
  }

  /** An agent that cannot be asked observes and carries out orders all the same. */
  async listen(): Promise<void> {
    const { stateDir, log, exclusively } = this.#options;
    try {
      this.#socket = await ControlSocket.listen(
        stateDir,
        (target, isStillAsked) =>
          exclusively(() =>
            carryOutLocally(target, {
              ...this.#options,
              by: 'agent',
              wipes: this.wipes,
              isStillAsked,
            }),
          ),
        log,
      );
    } catch (error) {
      log(`local requests are not taken (${causeOf(error)})`);
    }
  }

  async close(): Promise<void> {
    await this.#socket?.close();
  }
}

export function pendingPath(stateDir: string): string {
  return join(stateDir, 'local-wipe.json');
}
