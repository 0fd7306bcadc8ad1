import { Injectable, Logger } from '@nestjs/common';

import { Config } from '../config.ts';
import { EventLog } from '../log/event-log.ts';
import { People } from './people.ts';
import { SetUpLink } from './set-up-link.ts';

const logger = new Logger('Access');

/** What makes an empty store usable: a one-time link for the first person, a given token for automation. */
@Injectable()
export class FirstCredentials {
  constructor(
    private readonly people: People,
    private readonly link: SetUpLink,
    private readonly log: EventLog,
    private readonly config: Config,
  ) {}

  /** Answers the set-up link while no person exists. */
  async prepare(): Promise<string | null> {
    const hasPeople = await this.people.exist();
    await this.bootstrap(hasPeople);
    return hasPeople ? null : this.link.renew();
  }

  private async bootstrap(hasPeople: boolean): Promise<void> {
    const { bootstrapToken } = this.config;
    if (bootstrapToken === null || (await this.people.tokenOf(bootstrapToken)) !== null) return;
    if (hasPeople || (await this.people.hasTokens())) {
      logger.warn('VESTIGE_BOOTSTRAP_TOKEN is ignored: this store is in use already.');
      return;
    }
    const { id, role } = await this.people.addToken(bootstrapToken, 'bootstrap', 'admin');
    await this.log.record('token.issued', 'service', { kind: 'service' }, { token: id, role });
  }
}
