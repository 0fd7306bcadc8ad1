import { join } from 'node:path';

import { AgentError, exitCodes } from '../agent-error.ts';
import { readBoot } from '../boot.ts';
import type { EnrolOptions } from '../command-line.ts';
import type { Log } from '../log.ts';
import { nameOf } from '../run.ts';
import { openSources } from '../source/open-source.ts';
import { openStateDir } from '../state-dir.ts';
import { parseApiUrl } from '../uplink/api-url.ts';
import { enrolOnce } from '../uplink/enrol.ts';
import { EnrolmentEntry, enrolmentGuid, type Grant } from '../uplink/enrolment-entry.ts';
import { findToken } from '../uplink/find-token.ts';
import { createIdentity, type Identity, readIdentity, signingKeyOf } from '../uplink/identity.ts';
import { pinLog } from '../uplink/pin-log.ts';
import { ServiceClock } from '../uplink/service-clock.ts';
import { ServiceLink } from '../uplink/service-link.ts';
import { parsePin } from '../witness/log-keys.ts';
import { WitnessFile } from '../witness/witness-file.ts';
import { type Session, withSession } from './session.ts';

/** Enrols the guest and ends. The entry of the secret area, where it is what enrols, is wiped when that is done. */
export async function enrolHere(options: EnrolOptions, log: Log): Promise<number> {
  const { stateDir, bootIdFile } = options;
  const sources = openSources(options.sources);
  const name = nameOf(options.name);
  await openStateDir(stateDir);
  const boot = await readBoot(bootIdFile);
  const enrolled = await withSession({ stateDir, boot, log, sources: () => sources }, (session) =>
    enrolIn(session, options, { name, log }),
  );
  if (enrolled === null)
    throw new AgentError('state', `An agent runs with ${stateDir}: it enrols by itself.`);
  process.stdout.write(`guest ${enrolled.guest} (${enrolled.name}) at ${enrolled.api}\n`);
  return exitCodes.fine;
}

async function enrolIn(
  session: Session,
  options: EnrolOptions,
  { name, log }: { name: string; log: Log },
): Promise<Identity> {
  const { stateDir, allowHttp } = options;
  const api = options.api === undefined ? null : parseApiUrl(options.api, allowHttp);
  const logKey = options.logKey === undefined ? null : parsePin(options.logKey);
  const entry = new EnrolmentEntry({ ...session, allowHttp, api, logKey, log });
  const known = await readIdentity(stateDir);
  if (known !== null && known.guest !== null) {
    log('this guest was enrolled before');
    await entry.wipe();
    return known;
  }
  const grant = options.fromSecretArea
    ? await readGrant(entry)
    : { api: api ?? '', token: await requireToken(options, log), logKey };
  const identity = known ?? (await createIdentity(stateDir, grant.api));
  const enrolled = await enrolWith(grant, { stateDir, identity, name });
  await entry.wipe();
  return enrolled;
}

async function enrolWith(
  grant: Grant,
  { stateDir, identity, name }: { stateDir: string; identity: Identity; name: string },
): Promise<Identity> {
  const { api, token, logKey } = grant;
  const link = new ServiceLink(api, () => signingKeyOf(identity), new ServiceClock());
  const beforeSaving = async (): Promise<void> => {
    if (logKey === null) return;
    await pinLog(await WitnessFile.open(join(stateDir, 'witness.json'), null), logKey);
  };
  return enrolOnce({ stateDir, identity: { ...identity, api }, token, name, link, beforeSaving });
}

async function readGrant(entry: EnrolmentEntry): Promise<Grant> {
  const grant = await entry.read();
  if (grant !== null) return grant;
  throw new AgentError('state', `No source lists an enrolment entry (${enrolmentGuid}).`);
}

async function requireToken(options: EnrolOptions, log: Log): Promise<string> {
  const token = await findToken(options, log);
  if (token !== null) return token;
  throw new AgentError('usage', `--enrolment-token-file ${options.tokenFile}: ENOENT`);
}
