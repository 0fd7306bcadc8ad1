import { Module, type DynamicModule } from '@nestjs/common';
import type { Log } from '@vestige/events';
import { DataSource } from 'typeorm';

import { EnrolmentTokens } from './access/enrolment-tokens.ts';
import { FirstCredentials } from './access/first-credentials.ts';
import { JoinStates } from './access/join-states.ts';
import { People } from './access/people.ts';
import { Sessions } from './access/sessions.ts';
import { SetUpLink } from './access/set-up-link.ts';
import { SignInGuard } from './access/sign-in-guard.ts';
import { Config } from './config.ts';
import { AgentSignatures } from './http/agent-signatures.ts';
import { Callers } from './http/callers.ts';
import { EventLog } from './log/event-log.ts';
import { GuestKeys } from './log/guest-keys.ts';
import { Lifecycle } from './log/lifecycle.ts';
import { LogGuard } from './log/log-guard.ts';
import { Presence } from './log/presence.ts';
import { SharedContacts } from './log/shared-contacts.ts';
import { Expiry } from './project/expiry.ts';
import { CatalogueReadController } from './read/catalogue.controller.ts';
import { EnrolmentTokensReadController } from './read/enrolment-tokens.controller.ts';
import { EventsController } from './read/events.controller.ts';
import { FeedController } from './read/feed.controller.ts';
import { FollowersReadController } from './read/followers.controller.ts';
import { GuestsController } from './read/guests.controller.ts';
import { LogExportController } from './read/log-export.controller.ts';
import { LogController } from './read/log.controller.ts';
import { NameBook } from './read/names.ts';
import { OperationsController } from './read/operations.controller.ts';
import { OverviewController } from './read/overview.controller.ts';
import { SecretsController } from './read/secrets.controller.ts';
import { WipesReadController } from './read/wipes.controller.ts';
import { AgentController } from './write/agent.controller.ts';
import { CatalogueWriteController } from './write/catalogue.controller.ts';
import { EnrolmentTokensWriteController } from './write/enrolment-tokens.controller.ts';
import { Enrolment } from './write/enrolment.ts';
import { FollowersWriteController } from './write/followers.controller.ts';
import { GuestsWriteController } from './write/guests.controller.ts';
import { IdentityCheck } from './write/identity-check.ts';
import { Ingest } from './write/ingest.ts';
import { OpenOrders } from './write/open-orders.ts';
import { PolicyPolls } from './write/policy-polls.ts';
import { Quarantine } from './write/quarantine.ts';
import { SessionController } from './write/session.controller.ts';
import { SignIn } from './write/sign-in.ts';
import { WipeSelector } from './write/wipe-selector.ts';
import { WipesWriteController } from './write/wipes.controller.ts';

const writing = [
  Enrolment,
  IdentityCheck,
  Ingest,
  OpenOrders,
  PolicyPolls,
  Quarantine,
  SignIn,
  WipeSelector,
];
const writingControllers = [
  AgentController,
  CatalogueWriteController,
  EnrolmentTokensWriteController,
  FollowersWriteController,
  GuestsWriteController,
  SessionController,
  WipesWriteController,
];
const readingControllers = [
  CatalogueReadController,
  EnrolmentTokensReadController,
  EventsController,
  FeedController,
  FollowersReadController,
  GuestsController,
  LogController,
  LogExportController,
  OperationsController,
  OverviewController,
  SecretsController,
  WipesReadController,
];
const access = [
  EnrolmentTokens,
  FirstCredentials,
  JoinStates,
  People,
  Sessions,
  SetUpLink,
  SignInGuard,
];

/** How the parts are put together. */
@Module({})
export class AppModule {
  static over(config: Config, log: Log, guard: LogGuard): DynamicModule {
    return {
      module: AppModule,
      controllers: [...writingControllers, ...readingControllers],
      providers: [
        { provide: Config, useValue: config },
        { provide: DataSource, useValue: log.dataSource },
        { provide: EventLog, useValue: new EventLog(log) },
        { provide: LogGuard, useValue: guard },
        AgentSignatures,
        Callers,
        GuestKeys,
        Lifecycle,
        Presence,
        SharedContacts,
        NameBook,
        Expiry,
        ...access,
        ...writing,
      ],
    };
  }
}
