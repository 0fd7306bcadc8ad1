import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const caches = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');

/** What is built once and kept: kernels, loader, images. May be deleted at any time. */
export const cache = process.env.VESTIGE_KERNEL_CACHE || join(caches, 'vestige-kernel');

/** What the guest is made of. */
export const guestFolder = fileURLToPath(new URL('../guest', import.meta.url));

/** Makes `name` in the cache unless it is there, made from the same inputs (texts and versions). Gives its path. */
export function cached(name, inputs, make) {
  const path = join(cache, name);
  const stamp = `${path}.stamp`;
  const wanted = createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
  const isThere = existsSync(path) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (isThere) return path;
  console.log(`Building ${path}`);
  mkdirSync(dirname(path), { recursive: true });
  rmSync(stamp, { force: true });
  make(path);
  writeFileSync(stamp, wanted);
  return path;
}

/** Runs a program to its end and gives what it printed; throws with the end of that where it fails. */
export function execute(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    ...options,
  });
  if (status === 0) return stdout ?? '';
  const printed = `${stdout ?? ''}\n${stderr ?? ''}`.split('\n').slice(-30).join('\n');
  throw new Error(
    `${command} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}\n${printed}`,
  );
}
