import { join } from 'node:path';

import { AgentError, exitCodes } from './agent-error.ts';
import { listSetAside } from './journal/boot-directory.ts';
import { type FoundStatus, readStatus } from './status-file.ts';
import type { LinkStanding } from './uplink/link-state.ts';
import { witnessLines } from './witness/witness-status.ts';

const exitCodeOf: Record<LinkStanding, number> = {
  starting: exitCodes.fine,
  connected: exitCodes.fine,
  'not-enrolled': exitCodes.fine,
  unreachable: exitCodes.unreachable,
  refused: exitCodes.notAllowed,
  conflict: exitCodes.negative,
};

/** Shows what the agent with this state directory says of itself. */
export async function showStatus(stateDir: string, json: boolean): Promise<number> {
  const status = await readStatus(stateDir);
  if (status === null)
    throw new AgentError('state', `${stateDir} holds no status: no agent ran with it yet`);
  const damaged = listSetAside(join(stateDir, 'journal')).map(({ path }) => path);
  const shown = json ? JSON.stringify({ ...status, damaged }, null, 2) : toText(status, damaged);
  process.stdout.write(`${shown}\n`);
  if (!status.running || status.witness.conflictCount > 0) return exitCodes.negative;
  return exitCodeOf[status.uplink.standing] || exitCodeOf[status.orders.standing];
}

function toText(status: FoundStatus, damaged: readonly string[]): string {
  const { guest, name, uplink, orders } = status;
  return [
    `agent    ${status.running ? `running, pid ${status.pid}` : 'not running'}`,
    `guest    ${guest === null ? 'not enrolled' : `${name ?? ''} (${guest})`}`,
    `boot     ${status.boot}`,
    `service  ${status.api || 'not known yet'}: ${uplink.standing} since ${uplink.since} ${uplink.detail}`.trim(),
    `orders   ${orders.standing}, ${status.openOrders} open ${orders.detail}`.trim(),
    `journal  last record ${status.lastSeq}, ${status.pending} not acknowledged yet`,
    ...damaged.map((path) => `damaged  ${path}: not delivered, for you to keep or remove`),
    ...witnessLines(status.witness),
    ...status.sources.map(
      ({ source, condition, method }) =>
        `source   ${source.kind} at ${source.path}: ${condition}, watched by ${method}`,
    ),
    `secrets  ${status.presentSecrets} present`,
  ].join('\n');
}
