import { stat } from 'node:fs/promises';

import { type Capability, SecretRef, type Source } from '@vestige/contract';

import { causeOf, errnoOf } from '../agent-error.ts';
import { type Item, itemsMax, type Listing } from './secret-source.ts';

export interface Variables {
  readonly source: Source;
  readonly capabilities: Capability[];
  /** What it means that the directory is not there. */
  readonly absence: string;
  readonly names: () => Promise<string[]>;
  /** Null where it cannot be told; rejects with ENOENT where the variable is gone. */
  readonly lengthOf: (name: string) => Promise<number | null>;
  readonly detail: string;
}

/** Lists a directory of a firmware's variables, which are not named by a usage's GUID. */
export async function listVariables(variables: Variables): Promise<Listing> {
  const { capabilities, absence } = variables;
  const nothing = { condition: 'absent', capabilities, items: [], identity: null } as const;
  try {
    const { dev, ino } = await stat(variables.source.path);
    return { ...(await listPresent(variables)), identity: `${dev}:${ino}` };
  } catch (error) {
    const isGone = ['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '');
    const detail = isGone ? absence : `Cannot be listed: ${causeOf(error)}.`;
    return { ...nothing, detail, isComplete: isGone };
  }
}

async function listPresent(variables: Variables): Promise<Omit<Listing, 'identity'>> {
  const names = (await variables.names()).toSorted();
  const looked = await Promise.all(names.slice(0, itemsMax).map((name) => look(variables, name)));
  const items = looked.filter((item) => item !== null);
  const isComplete = names.length <= itemsMax && !looked.includes(null);
  return {
    condition: items.length === 0 ? 'empty' : 'populated',
    capabilities: variables.capabilities,
    detail: isComplete ? variables.detail : `Not all could be listed. ${variables.detail}`.trim(),
    items,
    isComplete,
  };
}

/** Null for a name that no report could hold, and for what is gone meanwhile. */
async function look({ source, lengthOf }: Variables, name: string): Promise<Item | null> {
  const secret = SecretRef.safeParse({ source, name, guid: null });
  if (!secret.success) return null;
  const length = await lengthOf(name).catch(() => undefined);
  return length === undefined ? null : { secret: secret.data, dataLength: length, usage: null };
}
