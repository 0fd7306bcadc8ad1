import { AgentError } from '../agent-error.ts';
import type { Boot } from '../boot.ts';
import type { BootLedger } from '../ledger/boot-ledger.ts';
import type { Log } from '../log.ts';
import { openSource, openSources } from '../source/open-source.ts';
import { type SecretSource, sourceKey, unwatched } from '../source/secret-source.ts';
import { readStatus } from '../status-file.ts';
import { Wake } from '../wake.ts';
import { carryOutLocally, outcomeOf } from './carry-out-locally.ts';
import { connectToAgent } from './control-socket.ts';
import { withSession } from './session.ts';
import {
  isMeant,
  type LocalWiper,
  type Outcome,
  type Target,
  type WipeAnswer,
} from './wipe-request.ts';

const tryAgainMilliseconds = 200;
const triesMax = 50;

/**
 * Wipes through the agent that runs with this state directory, or, where none does, in its place and into its journal. The
 * journal's lock decides which: so the two never wipe or record at the same time.
 */
export function wiperOf(stateDir: string, boot: Boot, log: Log): LocalWiper {
  return async (target) => {
    const usual =
      (await readStatus(stateDir))?.sources.map(({ source }) => sourceKey(source)) ?? [];
    for (let tries = 0; tries < triesMax; tries += 1) {
      const agent = await connectToAgent(stateDir);
      if (agent !== null) return agent(target);
      const answer = await withSession(
        { stateDir, boot, log, sources: (ledger) => sourcesFor(target, ledger, usual) },
        (session) =>
          carryOutLocally(target, { by: 'journal', isStillAsked: () => true, ...session }),
      );
      if (answer !== null) return answer;
      // An agent that starts or ends has the journal and does not listen.
      await new Wake().wait(tryAgainMilliseconds);
    }
    throw new AgentError(
      'state',
      `An agent uses ${stateDir} and cannot be asked: nothing was wiped.`,
    );
  };
}

/** What is named, and what the agent watched in this boot, or else the last time that it ran. */
function sourcesFor(target: Target, ledger: BootLedger, usual: readonly string[]): SecretSource[] {
  const known = [...ledger.read().sources.keys()];
  const watched = known.length === 0 ? usual : known;
  const keys = new Set([...target.sources.map(sourceKey), ...watched]);
  return keys.size === 0 ? openSources([]) : [...keys].flatMap(openSource);
}

/** Wipes with no agent and no journal: what it answers is all the evidence that there will be. */
export async function wipeUnrecorded(target: Target): Promise<WipeAnswer> {
  const listed = await Promise.all(
    openSources(target.sources.map(sourceKey)).map(async (source) => ({
      source,
      listing: await source.list(unwatched),
    })),
  );
  const isComplete = listed.every(
    ({ listing }) => listing.isComplete && ['populated', 'empty'].includes(listing.condition),
  );
  const found = listed.flatMap(({ source, listing }) =>
    listing.items
      .filter(({ secret }) => isMeant(target, secret))
      .map(({ secret }) => ({ source, secret })),
  );
  const outcomes: Outcome[] = [];
  for (const { source, secret } of found) {
    const result = await source.wipe(secret, unwatched);
    outcomes.push({ secret, recorded: false, ...outcomeOf(result) });
  }
  const secrets = found.map(({ secret }) => secret);
  return { by: 'nobody', found: secrets, isComplete, outcomes, problem: '' };
}
