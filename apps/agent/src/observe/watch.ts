import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';

import { fan, fanInit, markAdd } from './fanotify.ts';
import { inotify, inotifyInitFlags } from './inotify.ts';
import { type Kernel, KernelError } from './kernel.ts';
import type { WatchResult, WatchTarget } from './observer.ts';

/** A target with the descriptors that report on it. */
export interface Watch {
  target: WatchTarget;
  wish: WatchWish;
  result: WatchResult;
  /** Fanotify: who reads, before or (without permission events) after the fact; null where refused. */
  readsFd: number | null;
  /** Fanotify with names: who deletes and changes; null where refused. */
  changesFd: number | null;
  /** Inotify: the end of the target itself, and whatever fanotify was refused for. */
  inotifyFd: number;
}

const securityfsMagic = 0x73636673;

type Attempt = { fd: number } | { refused: string };

/** What is asked of the kernel. */
export interface WatchWish {
  readonly best: 'fanotify' | 'inotify';
  /** Opens are held, too, so that whom a policy refuses does not even get a descriptor. */
  readonly enforces: boolean;
}

/**
 * O_RDONLY | O_CLOEXEC | O_NONBLOCK: how the kernel opens an event's file for the agent, which closes it unread. Without
 * the last, a pipe that nobody writes to would block the agent, and with it every reader.
 */
const eventFlags = 0o2004000;

/** Asks the kernel for the best it has for this target. Throws where not even inotify can be had. */
export function openWatch(kernel: Kernel, target: WatchTarget, wish: WatchWish): Watch {
  const opened: number[] = [];
  const attempt = (make: () => number): Attempt => {
    if (wish.best === 'inotify') return { refused: 'not asked for' };
    const result = attemptGroup(make);
    if ('fd' in result) opened.push(result.fd);
    return result;
  };
  try {
    const held = attempt(() => openReads(kernel, target, heldMask(wish)));
    const reads = 'fd' in held ? held : attempt(() => openReads(kernel, target, fan.access));
    /** Without privilege a group of names can be had, but does not tell who. */
    const changes = 'fd' in reads ? attempt(() => openChanges(kernel, target)) : reads;
    const inotifyFd = kernel.inotifyInit(inotifyInitFlags);
    opened.push(inotifyFd);
    addInotify(kernel, inotifyFd, target, { reads: 'fd' in reads, changes: 'fd' in changes });
    return {
      target,
      wish,
      result: describeWatch(target, { held, reads, changes, enforces: wish.enforces }),
      readsFd: 'fd' in reads ? reads.fd : null,
      changesFd: 'fd' in changes ? changes.fd : null,
      inotifyFd,
    };
  } catch (error) {
    for (const fd of opened) kernel.close(fd);
    throw error;
  }
}

/** Marks the file that now stands at the target's path; the marks of the one that it replaced went with that one. */
export function markReplacement(kernel: Kernel, watch: Watch): void {
  const { readsFd, changesFd, inotifyFd, target } = watch;
  const mask = isHeld(watch) ? heldMask(watch.wish) : fan.access;
  if (readsFd !== null) markReads(kernel, readsFd, target, mask);
  if (changesFd !== null) markFile(kernel, changesFd, target);
  addInotifySelf(kernel, inotifyFd, target, {
    reads: readsFd !== null,
    changes: changesFd !== null,
  });
}

/** Puts a new group that holds readers to where the old one was, which the main thread took away. */
export function reopenReads(kernel: Kernel, { target, wish, readsFd }: Watch): void {
  if (readsFd === null) return;
  const fd = openReads(kernel, target, heldMask(wish));
  kernel.replace(fd, readsFd);
  kernel.close(fd);
}

export function closeWatch(kernel: Kernel, watch: Watch): void {
  for (const fd of descriptorsOf(watch)) kernel.close(fd);
}

export function descriptorsOf(watch: Watch): number[] {
  return [watch.readsFd, watch.changesFd, watch.inotifyFd].filter((fd) => fd !== null);
}

export function isHeld(watch: Watch): boolean {
  return watch.result.method === 'fanotify-permission';
}

function attemptGroup(make: () => number): Attempt {
  try {
    return { fd: make() };
  } catch (error) {
    if (error instanceof KernelError) return { refused: error.message };
    throw error;
  }
}

/**
 * On Linux 6.12, unlike 6.1, a file that was opened while nobody asked for permission events never raises one: of reads
 * through it the kernel tells only after the fact.
 */
function heldMask({ enforces }: WatchWish): number {
  return fan.accessPermission | fan.access | (enforces ? fan.openPermission : 0);
}

function openReads(kernel: Kernel, target: WatchTarget, access: number): number {
  const flags = fanInit.closeOnExec | fanInit.nonBlocking;
  /** A full queue would let readers pass unseen. Equal events of one process that wait for the agent are merged. */
  const heldFlags = fanInit.classContent | fanInit.unlimitedQueue;
  const isHolding = (access & fan.accessPermission) !== 0;
  const fd = kernel.fanotifyInit(isHolding ? flags | heldFlags : flags, eventFlags);
  return closingOnError(kernel, fd, () => markReads(kernel, fd, target, access));
}

function markReads(kernel: Kernel, fd: number, target: WatchTarget, access: number): void {
  const children = target.kind === 'directory' ? fan.eventOnChild : 0;
  const mask = access | fan.open | fan.closeWrite | fan.closeNoWrite | children;
  kernel.fanotifyMark(fd, markAdd, mask, target.path);
}

function openChanges(kernel: Kernel, target: WatchTarget): number {
  const flags = fanInit.closeOnExec | fanInit.nonBlocking | fanInit.reportDirectoryAndName;
  const fd = kernel.fanotifyInit(flags, eventFlags);
  return closingOnError(kernel, fd, () => {
    const names = fan.delete | fan.movedFrom | fan.create | fan.movedTo;
    const directory = target.kind === 'directory' ? target.path : dirname(target.path);
    kernel.fanotifyMark(fd, markAdd, names, directory);
    if (target.kind === 'file') markFile(kernel, fd, target);
  });
}

function markFile(kernel: Kernel, fd: number, target: WatchTarget): void {
  kernel.fanotifyMark(fd, markAdd, fan.modify, target.path);
}

function closingOnError(kernel: Kernel, fd: number, mark: () => void): number {
  try {
    mark();
    return fd;
  } catch (error) {
    kernel.close(fd);
    throw error;
  }
}

interface Covered {
  reads: boolean;
  changes: boolean;
}

function addInotify(kernel: Kernel, fd: number, target: WatchTarget, covered: Covered): void {
  addInotifySelf(kernel, fd, target, covered);
  if (target.kind === 'directory' || covered.changes) return;
  const names = inotify.delete | inotify.movedFrom | inotify.create | inotify.movedTo;
  kernel.inotifyAddWatch(fd, dirname(target.path), names);
}

function addInotifySelf(kernel: Kernel, fd: number, target: WatchTarget, covered: Covered): void {
  const isDirectory = target.kind === 'directory';
  const reads = inotify.open | inotify.access | inotify.closeWrite | inotify.closeNoWrite;
  const names = inotify.delete | inotify.movedFrom | inotify.create | inotify.movedTo;
  const changes = isDirectory ? names : inotify.modify;
  const self = isDirectory ? inotify.deleteSelf | inotify.moveSelf : inotify.deleteSelf;
  const mask = self | (covered.reads ? 0 : reads) | (covered.changes ? 0 : changes);
  kernel.inotifyAddWatch(fd, target.path, mask);
}

function describeWatch(
  target: WatchTarget,
  {
    held,
    reads,
    changes,
    enforces,
  }: { held: Attempt; reads: Attempt; changes: Attempt; enforces: boolean },
): WatchResult {
  const details: string[] = [];
  if ('refused' in held && enforces) details.push('policies refuse nobody here');
  if ('refused' in held) details.push(`readers are not held (${held.refused})`);
  if ('refused' in reads) details.push('readers are not known');
  if ('refused' in changes) details.push(`who deletes is not known (${changes.refused})`);
  if (canBeMapped(target.path)) details.push('reads through a memory mapping are not seen');
  return {
    method: 'fd' in held ? 'fanotify-permission' : 'fd' in reads ? 'fanotify' : 'inotify',
    changes: 'fd' in changes ? 'fanotify' : 'inotify',
    detail: details.join('; '),
  };
}

/** Neither interface tells of reads of mapped pages. Files of securityfs cannot be mapped. */
function canBeMapped(path: string): boolean {
  return statfsSync(path).type !== securityfsMagic;
}
