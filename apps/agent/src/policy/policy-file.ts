import { GuestId, GuidPolicy, policiesMax } from '@vestige/contract';
import { z } from 'zod';

import { AgentError } from '../agent-error.ts';
import { readJson, writeDurable } from '../durable-file.ts';

/** The policies of a guest as the service gave them last. */
const Saved = z.strictObject({
  /** Whom they were given to; null before any were. */
  guest: GuestId.nullable(),
  /** -1 for none. */
  version: z.int().min(-1),
  policies: z.array(GuidPolicy).max(policiesMax),
});
export type Saved = z.infer<typeof Saved>;

/** What is kept of the policies; nothing where none were given yet. Where they cannot be read, nobody may be let through. */
export async function loadPolicies(path: string): Promise<Saved> {
  const text = await readJson(path).catch(() => undefined);
  if (text === null) return { guest: null, version: -1, policies: [] };
  const saved = Saved.safeParse(text);
  if (saved.success) return saved.data;
  throw new AgentError(
    'state',
    `${path} is damaged, so no policy could be enforced. Move it away to fetch the policies anew, or start with --mode observe.`,
  );
}

export async function savePolicies(path: string, saved: Saved): Promise<void> {
  await writeDurable(path, `${JSON.stringify(saved)}\n`);
}
