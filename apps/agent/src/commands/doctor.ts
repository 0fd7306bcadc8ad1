import { exitCodes } from '../agent-error.ts';
import { type GuestFacts, guestFacts } from '../guest-facts.ts';
import { parseApiUrl } from '../uplink/api-url.ts';
import { readIdentity } from '../uplink/identity.ts';
import type { Check } from './checks/check.ts';
import { checkKernel } from './checks/kernel.ts';
import { checkMachine } from './checks/machine.ts';
import { checkSecrets, listSources } from './checks/secrets.ts';
import { checkService, checkState } from './checks/state.ts';

export interface DoctorOptions {
  readonly sources: readonly string[];
  readonly stateDir: string | undefined;
  readonly api: string | undefined;
  readonly allowHttp: boolean;
  readonly json: boolean;
}

/** Says in plain words what works on this machine, what does not, and what to do. Leaves nothing behind. */
export async function doctor(options: DoctorOptions): Promise<number> {
  const [guest, checks] = await Promise.all([guestFacts(), examine(options)]);
  const failures = checks.filter(({ state }) => state === 'fail').length;
  const warnings = checks.filter(({ state }) => state === 'warn').length;
  const text = options.json
    ? JSON.stringify({ guest, checks, failures, warnings }, null, 2)
    : toText(guest, checks, { failures, warnings });
  process.stdout.write(`${text}\n`);
  return failures === 0 ? exitCodes.fine : exitCodes.negative;
}

async function examine(options: DoctorOptions): Promise<Check[]> {
  const api = await apiOf(options);
  const listed = await listSources(options.sources);
  const directories = listed
    .filter(({ source, listing }) => source.watchKind === 'directory' && listing.identity !== null)
    .map(({ source }) => source.source.path);
  const { stateDir } = options;
  const groups = await Promise.all([
    checkMachine(),
    checkKernel(directories),
    checkSecrets(listed),
    ...(stateDir === undefined ? [] : [checkState(stateDir)]),
    ...(api === null ? [] : [checkService(api)]),
  ]);
  return groups.flat();
}

/** The address that is given, or the one where the guest enrolled; null where nobody says. */
async function apiOf({ api, stateDir, allowHttp }: DoctorOptions): Promise<string | null> {
  if (api !== undefined) return parseApiUrl(api, allowHttp);
  if (stateDir === undefined) return null;
  const identity = await readIdentity(stateDir).catch(() => null);
  return identity === null || identity.api === '' ? null : identity.api;
}

const codeColumns = 18;

function toText(
  { platform, kernel, module }: GuestFacts,
  checks: readonly Check[],
  { failures, warnings }: { failures: number; warnings: number },
): string {
  const lines = checks.flatMap(({ code, state, says, advice }) => [
    `${state.padEnd(4)}  ${code.padEnd(codeColumns)}${says}`,
    ...(advice === '' ? [] : [`${' '.repeat(codeColumns + 6)}-> ${advice}`]),
  ]);
  return [
    `${kernel}, platform ${platform}, efi_secret ${module}`,
    ...lines,
    `${count(failures, 'failure')}, ${count(warnings, 'warning')}`,
  ].join('\n');
}

function count(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}
