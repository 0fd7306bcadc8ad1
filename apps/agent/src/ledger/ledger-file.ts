import { SecretRef, SourceReport } from '@vestige/contract';

import { AgentError } from '../agent-error.ts';
import { readJson, writeDurable } from '../durable-file.ts';
import { secretKey, sourceKey } from '../source/secret-source.ts';
import { emptyLedger, type KnownSecret, type Ledger, type OrderProgress } from './ledger.ts';

/** Saved before the journal may drop records, so that the ledger can always be completed from what the journal keeps. */
export async function saveLedger(path: string, ledger: Ledger): Promise<void> {
  const { sources, secrets, orders, reads, ...plain } = ledger;
  const saved = {
    ...plain,
    sources: [...sources.values()],
    secrets: [...secrets.values()],
    orders: Object.fromEntries(orders),
    reads: Object.fromEntries(reads),
  };
  await writeDurable(path, `${JSON.stringify(saved)}\n`);
}

/** The saved ledger of this boot; an empty one where there is none, or where it is of another boot. */
export async function loadLedger(path: string, boot: string): Promise<Ledger> {
  const saved = await readJson(path).catch(() => undefined);
  if (saved === undefined) throw damaged(path);
  if (saved === null) return emptyLedger(boot);
  if (!isSaved(saved)) throw damaged(path);
  if (saved.boot !== boot) return emptyLedger(boot);
  const { sources, secrets, orders, reads = {}, ...plain } = saved;
  const { lastConflict = null, policiesVersion = null } = saved;
  return {
    ...plain,
    lastConflict,
    policiesVersion,
    reads: new Map(Object.entries(reads)),
    sources: new Map(sources.map((report) => [sourceKey(report.source), report])),
    secrets: new Map(secrets.map((known) => [secretKey(known.secret), known])),
    orders: new Map(Object.entries(orders)),
  };
}

type Later = 'reads' | 'lastConflict' | 'policiesVersion';
type Plain = Omit<Ledger, 'sources' | 'secrets' | 'orders' | Later>;

interface Saved extends Plain {
  sources: SourceReport[];
  secrets: KnownSecret[];
  orders: Record<string, OrderProgress>;
  /** Missing where an agent wrote it that did not witness yet. */
  lastConflict?: string | null;
  /** Missing where an agent wrote it that did not enforce yet. */
  reads?: Record<string, number>;
  policiesVersion?: number | null;
}

function damaged(path: string): AgentError {
  return new AgentError(
    'state',
    `${path} is damaged. Move it away; the agent then starts it anew.`,
  );
}

/** The shape as `saveLedger` writes it; anything else is a damaged file. */
function isSaved(value: unknown): value is Saved {
  if (typeof value !== 'object' || value === null) return false;
  const saved = value as Partial<Record<keyof Saved, unknown>>;
  return (
    hasPlain(saved) &&
    hasPolicies(saved) &&
    SourceReport.array().safeParse(saved.sources).success &&
    Array.isArray(saved.secrets) &&
    saved.secrets.every(isKnownSecret) &&
    typeof saved.orders === 'object' &&
    Object.values(saved.orders ?? {}).every((state) => state === 'delivered' || state === 'done')
  );
}

function isKnownSecret(value: unknown): value is KnownSecret {
  if (typeof value !== 'object' || value === null) return false;
  const known = value as Partial<Record<keyof KnownSecret, unknown>>;
  return SecretRef.safeParse(known.secret).success && typeof known.isPresent === 'boolean';
}

function hasPolicies(saved: Partial<Record<keyof Saved, unknown>>): boolean {
  const { reads = {}, policiesVersion = null } = saved;
  return (
    typeof reads === 'object' &&
    Object.values(reads ?? {}).every(Number.isInteger) &&
    (policiesVersion === null || Number.isInteger(policiesVersion))
  );
}

function hasPlain(saved: Partial<Record<keyof Saved, unknown>>): boolean {
  const flags = [saved.hasBooted, saved.hasStarted, saved.hasPriorGap];
  const { lastConflict = null } = saved;
  return (
    typeof saved.boot === 'string' &&
    (lastConflict === null || typeof lastConflict === 'string') &&
    Number.isInteger(saved.through) &&
    (saved.lastAt === null || typeof saved.lastAt === 'string') &&
    flags.every((flag) => typeof flag === 'boolean')
  );
}
