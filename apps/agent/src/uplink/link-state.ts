import type { Log } from '../log.ts';

/** How the agent stands with the service. `conflict` and `refused` need a person. */
export type LinkStanding =
  | 'starting'
  | 'not-enrolled'
  | 'connected'
  | 'unreachable'
  | 'refused'
  | 'conflict';

export interface LinkState {
  readonly standing: LinkStanding;
  readonly detail: string;
  readonly since: string;
}

/** Keeps the standing, and logs when it changes and only then. */
export class LinkStateKeeper {
  readonly #about: string;
  readonly #log: Log;
  readonly #onChange: () => void;
  #state: LinkState = { standing: 'starting', detail: '', since: new Date().toISOString() };

  /** `about` names the exchange in the log. */
  constructor(about: string, log: Log, onChange: () => void = () => {}) {
    this.#about = about;
    this.#log = log;
    this.#onChange = onChange;
  }

  get state(): LinkState {
    return this.#state;
  }

  set(standing: LinkStanding, detail = ''): void {
    if (this.#state.standing === standing && this.#state.detail === detail) return;
    // A conflict stays until a person has looked.
    if (this.#state.standing === 'conflict') return;
    this.#state = { standing, detail, since: new Date().toISOString() };
    this.#log(
      detail === '' ? `${this.#about}: ${standing}` : `${this.#about}: ${standing}: ${detail}`,
    );
    this.#onChange();
  }
}
