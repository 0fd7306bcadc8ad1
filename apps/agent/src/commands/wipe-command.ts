import { createInterface } from 'node:readline/promises';

import { AgentError, exitCodes } from '../agent-error.ts';
import { readBoot } from '../boot.ts';
import { logToStderr } from '../log.ts';
import { sourceKey } from '../source/secret-source.ts';
import { openStateDir } from '../state-dir.ts';
import { readIdentity } from '../uplink/identity.ts';
import { wiperOf, wipeUnrecorded } from './local-wipers.ts';
import { type Outcome, parseTarget, type Target, type WipeAnswer } from './wipe-request.ts';

export interface WipeOptions {
  readonly name: string;
  readonly sources: readonly string[];
  readonly stateDir: string | undefined;
  readonly bootIdFile: string | undefined;
  readonly yes: boolean;
  readonly json: boolean;
}

/**
 * Wipes a secret now, without an order. The exit code is fine where it is certainly gone: wiped and verified, or not there
 * in sources that could all be seen.
 */
export async function wipeHere(options: WipeOptions): Promise<number> {
  const target = parseTarget(options.name, options.sources);
  const { stateDir, bootIdFile } = options;
  if (stateDir !== undefined) await requireAgentsDirectory(stateDir);
  if (!options.yes) await confirm(target);
  const answer =
    stateDir === undefined
      ? await wipeUnrecorded(target)
      : await wiperOf(stateDir, await readBoot(bootIdFile), logToStderr)(target);
  const text = options.json
    ? JSON.stringify({ result: resultOf(answer), ...answer }, null, 2)
    : toText(target, answer);
  process.stdout.write(`${text}\n`);
  const isGone = ['wiped', 'already-gone'].includes(resultOf(answer));
  return isGone ? exitCodes.fine : exitCodes.negative;
}

async function requireAgentsDirectory(stateDir: string): Promise<void> {
  const identity = await readIdentity(stateDir);
  if (identity !== null) return openStateDir(stateDir);
  throw new AgentError(
    'usage',
    `--state-dir ${stateDir}: no agent ever ran with it. Without --state-dir the wipe is done and not recorded`,
  );
}

/** Nothing brings a wiped secret back, so a script says --yes and a person is asked. */
async function confirm({ name, sources }: Target): Promise<void> {
  if (!process.stdin.isTTY)
    throw new AgentError(
      'usage',
      'nothing was wiped: --yes is missing, and there is nobody to ask',
    );
  const where = sources.length === 0 ? 'every source' : sources.map(sourceKey).join(', ');
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const reply = await asking.question(`Wipe ${name} from ${where}? It cannot be undone. [yes/no] `);
  asking.close();
  if (reply.trim() !== 'yes') throw new AgentError('usage', 'nothing was wiped');
}

const worstFirst = ['failed', 'refused', 'unverified', 'wiped', 'already-gone'] as const;

/** One word for all of it: the worst outcome; `unknown` where nothing was found and not everything could be seen. */
export function resultOf({ outcomes, isComplete, problem }: WipeAnswer): Result {
  if (problem !== '') return 'failed';
  if (outcomes.length === 0) return isComplete ? 'already-gone' : 'unknown';
  return worstFirst.find((word) => outcomes.some(({ outcome }) => outcome === word)) ?? 'failed';
}

type Result = (typeof worstFirst)[number] | 'unknown';

const recorders: Record<WipeAnswer['by'], string> = {
  agent: 'The running agent recorded it.',
  journal: 'Recorded in the journal; the agent delivers it when it runs.',
  nobody: 'Not recorded anywhere: no --state-dir was given.',
};

function toText({ name }: Target, answer: WipeAnswer): string {
  const { outcomes, isComplete, problem, by } = answer;
  const lines = outcomes.map((outcome) => lineOf(outcome, by));
  if (problem !== '') return [...lines, problem].join('\n');
  if (outcomes.length > 0) return [...lines, recorders[by]].join('\n');
  return isComplete
    ? `${name}: already gone, or never there: no source has it.`
    : `${name}: not found, but not every source can be seen: it may be there all the same.`;
}

function lineOf(
  { secret, outcome, detail, evidence, recorded }: Outcome,
  by: WipeAnswer['by'],
): string {
  const holders = evidence?.verification.holders?.length ?? 0;
  const held = holders === 0 ? '' : ` ${holders} processes still have it open.`;
  const kept = recorded || by === 'nobody' ? '' : ' (not in the journal yet)';
  return `${secret.name} in ${sourceKey(secret.source)}: ${outcome}${kept}. ${detail}${held}`;
}
