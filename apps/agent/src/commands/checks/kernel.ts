import { mkdtemp, rm, stat } from 'node:fs/promises';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';

import { causeOf } from '../../agent-error.ts';
import { fan, fanInit, markAdd } from '../../observe/fanotify.ts';
import { inotify, inotifyInitFlags } from '../../observe/inotify.ts';
import { type Kernel, openKernel } from '../../observe/kernel.ts';
import { type Check, fail, ok, warn } from './check.ts';

/** What this kernel lets the agent see: each interface is really tried, on a directory of its own. */
export async function checkKernel(watched: readonly string[]): Promise<Check[]> {
  let kernel: Kernel;
  try {
    kernel = openKernel();
  } catch (error) {
    const says = `The native part that speaks to the kernel cannot be loaded (${causeOf(error)}).`;
    return [fail('native', says, 'Install the package for this processor and C library.')];
  }
  const directory = await mkdtemp(join(tmpdir(), 'vestige-doctor-'));
  try {
    return [
      tryHolding(kernel, directory),
      tryInotify(kernel, directory),
      await tryNames(kernel, directory, watched),
    ];
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** O_RDONLY | O_CLOEXEC | O_NONBLOCK. */
const eventFlags = 0o2004000;

function tryHolding(kernel: Kernel, directory: string): Check {
  const flags = fanInit.closeOnExec | fanInit.nonBlocking;
  const held = attempt(kernel, directory, flags | fanInit.classContent, fan.accessPermission);
  if (held === null)
    return ok('hold-readers', 'Readers can be held until their read is recorded, and are known.');
  const known = attempt(kernel, directory, flags, fan.access);
  if (known === null) {
    const says = `Readers are known, but only after the fact: they cannot be held (${held}).`;
    return warn('hold-readers', says, 'Use a kernel with CONFIG_FANOTIFY_ACCESS_PERMISSIONS.');
  }
  const says = `Reads are seen by inotify alone, which never tells who read (${held}).`;
  const advice = 'Run the agent as root with CAP_SYS_ADMIN, on a kernel with CONFIG_FANOTIFY.';
  return warn('hold-readers', says, advice);
}

/** Null where it could be had, else the refusal. Nothing is held: the group is closed before anything can happen. */
function attempt(kernel: Kernel, path: string, flags: number, mask: number): string | null {
  let fd: number | null = null;
  try {
    fd = kernel.fanotifyInit(flags, eventFlags);
    kernel.fanotifyMark(fd, markAdd, mask | fan.eventOnChild, path);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : causeOf(error);
  } finally {
    if (fd !== null) kernel.close(fd);
  }
}

function tryInotify(kernel: Kernel, directory: string): Check {
  let fd: number | null = null;
  try {
    fd = kernel.inotifyInit(inotifyInitFlags);
    kernel.inotifyAddWatch(fd, directory, inotify.deleteSelf);
    return ok('inotify', 'The end of a source and changes in it are noticed (inotify).');
  } catch (error) {
    const says = `Nothing can be watched at all: inotify is refused (${causeOf(error)}).`;
    const advice = 'Raise fs.inotify.max_user_instances and fs.inotify.max_user_watches.';
    return fail('inotify', says, advice);
  } finally {
    if (fd !== null) kernel.close(fd);
  }
}

/** A group of names cannot be had on every filesystem: securityfs has file ids since Linux 6.8. */
async function tryNames(
  kernel: Kernel,
  directory: string,
  watched: readonly string[],
): Promise<Check> {
  const there = await Promise.all(watched.map((path) => isDirectory(path)));
  const place = watched.find((_, index) => there[index]);
  const flags = fanInit.closeOnExec | fanInit.nonBlocking | fanInit.reportDirectoryAndName;
  const refusal = attempt(kernel, place ?? directory, flags, fan.delete);
  const where = place ?? 'securityfs';
  if (refusal === null && (place !== undefined || isSince([6, 8])))
    return ok('who-deletes', `Who deletes a secret by hand is known on ${where}.`);
  const why = refusal ?? `Linux ${release()} has no file ids there, as 6.8 and later do`;
  const says = `Who deletes a secret by hand is not known on ${where}: ${why}.`;
  return warn('who-deletes', says, 'Use Linux 6.8 or later, or take "unknown" for an answer.');
}

async function isDirectory(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => null);
  return stats?.isDirectory() === true;
}

export function isSince([major, minor]: readonly [number, number], kernel = release()): boolean {
  const [ownMajor = 0, ownMinor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
