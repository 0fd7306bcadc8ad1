import { enrol, observe, orders } from './agent.ts';
import {
  deleteCatalogueEntry,
  getCatalogueEntry,
  listCatalogue,
  putCatalogueEntry,
} from './catalogue.ts';
import {
  issueEnrolmentToken,
  listEnrolmentTokens,
  revokeEnrolmentToken,
} from './enrolment-tokens.ts';
import { feed, listEvents } from './events.ts';
import { getGuest, listGuests, quarantineGuest, releaseGuest } from './guests.ts';
import {
  exportLog,
  listFollowers,
  logCheckpoint,
  logConsistency,
  logEntry,
  logKey,
  logProof,
  logTile,
  rebuildFollower,
} from './log.ts';
import { healthz, openapiDocument, readyz } from './operations.ts';
import { getOverview } from './overview.ts';
import { policies } from './policy.ts';
import { getSecret, listSecrets, secretTimeline } from './secrets.ts';
import { getSession, setUp, signIn, signInOptions, signInToDemo, signOut } from './session.ts';
import { cancelWipe, getWipe, listWipes, listWipeTargets, requestWipe } from './wipes.ts';

/** Everything that can be said over HTTP, by its operation's name. */
export const endpoints = {
  enrol,
  observe,
  orders,
  policies,
  issueEnrolmentToken,
  listEnrolmentTokens,
  revokeEnrolmentToken,
  getOverview,
  listGuests,
  getGuest,
  quarantineGuest,
  releaseGuest,
  listSecrets,
  getSecret,
  secretTimeline,
  listCatalogue,
  getCatalogueEntry,
  putCatalogueEntry,
  deleteCatalogueEntry,
  listEvents,
  feed,
  logCheckpoint,
  logTile,
  logEntry,
  logProof,
  logConsistency,
  logKey,
  exportLog,
  listFollowers,
  rebuildFollower,
  requestWipe,
  listWipes,
  getWipe,
  listWipeTargets,
  cancelWipe,
  signInOptions,
  getSession,
  signIn,
  signInToDemo,
  setUp,
  signOut,
  healthz,
  readyz,
  openapiDocument,
} as const;
