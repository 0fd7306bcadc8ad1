import { join } from 'node:path';

import { AgentError, causeOf } from '../agent-error.ts';
import type { Boot } from '../boot.ts';
import { JournalError } from '../journal/journal-error.ts';
import { BootLedger } from '../ledger/boot-ledger.ts';
import type { Log } from '../log.ts';
import type { Observer } from '../observe/observer.ts';
import { startObserver } from '../observe/start-observer.ts';
import { Records } from '../records.ts';
import { Discovery } from '../source/discovery.ts';
import type { SecretSource } from '../source/secret-source.ts';
import { recordStart } from '../start-records.ts';
import { pendingPath } from './local-control.ts';
import { LocalWipes } from './local-wipes.ts';

export interface SessionOptions {
  readonly stateDir: string;
  readonly boot: Boot;
  /** Which sources there are, given what the journal of this boot knows. */
  readonly sources: (ledger: BootLedger) => readonly SecretSource[];
  readonly log: Log;
}

export interface Session {
  readonly ledger: BootLedger;
  readonly records: Records;
  readonly discovery: Discovery;
  readonly wipes: LocalWipes;
}

/**
 * A short run of the agent without the service, for a command: it holds the journal, so no agent can run beside it; what
 * it does is watched and recorded as by any other run, from its start to its stop. Null where an agent has the journal.
 */
export async function withSession<T>(
  options: SessionOptions,
  use: (session: Session) => Promise<T>,
): Promise<T | null> {
  const { stateDir, boot } = options;
  const observer = await startObserver({
    journalDir: join(stateDir, 'journal'),
    boot: boot.id,
  }).catch((error: unknown) => {
    if (error instanceof JournalError && error.code === 'locked') return null;
    throw new AgentError('state', `The journal in ${stateDir} cannot be used: ${causeOf(error)}.`);
  });
  if (observer === null) return null;
  try {
    return await run(options, observer, use);
  } finally {
    await observer.stop();
  }
}

async function run<T>(
  { stateDir, boot, sources, log }: SessionOptions,
  observer: Observer,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const ledger = await BootLedger.open(join(stateDir, 'ledger.json'), observer, boot.id);
  const records = new Records(observer);
  const discovery = new Discovery(sources(ledger), { observer, records, ledger, log });
  const path = pendingPath(stateDir);
  const wipes = new LocalWipes({ path, boot: boot.id, records, ledger, discovery, log });
  await recordStart(boot, records, ledger);
  await wipes.recover();
  await discovery.scan();
  try {
    return await use({ ledger, records, discovery, wipes });
  } finally {
    // What the command did stands, and is told, also where the journal has no room for its end.
    await records
      .record('agent.stopped', { reason: 'a local command is done' })
      .catch((error: unknown) => log(`the stop is not recorded (${causeOf(error)})`));
    await ledger.save();
  }
}
