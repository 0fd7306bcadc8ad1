import { mkdir, stat } from 'node:fs/promises';

import { AgentError } from './agent-error.ts';

/**
 * Makes the directory that holds key, journal and orders, or refuses one in which somebody else could replace them: the
 * agent follows what lies there with its own rights.
 */
export async function openStateDir(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const { uid, mode } = await stat(path);
  if (uid !== process.geteuid?.())
    throw new AgentError('usage', `--state-dir ${path} belongs to another user`);
  if ((mode & 0o022) !== 0)
    throw new AgentError('usage', `--state-dir ${path} can be written by others: chmod go-w it`);
}
