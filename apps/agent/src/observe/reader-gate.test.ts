import { describe, expect, it, vi } from 'vitest';

import { checkGate, ReaderGate } from './reader-gate.ts';

function openGate(...fds: number[]): ReaderGate {
  const gate = new ReaderGate();
  gate.beginChange();
  gate.endChange(fds);
  return gate;
}

function watchOf(gate: ReaderGate) {
  const [letThrough, whileAway] = [vi.fn<() => void>(), vi.fn<() => void>()];
  return { gate, holdMilliseconds: 2000, letThrough, whileAway };
}

describe('ReaderGate', () => {
  it('lets through by each group that the worker said last, once, until the worker opened them anew', () => {
    const worker = openGate(7, 8);
    const main = new ReaderGate(worker.memory);
    const replaced: number[] = [];
    expect(main.letThrough((fd) => replaced.push(fd))).toBe(true);
    expect(main.letThrough((fd) => replaced.push(fd))).toBe(false);
    expect(replaced).toEqual([7, 8]);
    expect([main.isAway, worker.isLetThrough, worker.beginChange()]).toEqual([true, true, false]);
    worker.endChange([7]);
    expect([main.isAway, worker.isLetThrough, worker.beginChange()]).toEqual([false, false, true]);
  });

  it('touches no number that the worker has in hand or closed', () => {
    const gate = openGate(7);
    gate.beginChange();
    expect(gate.letThrough(() => expect.unreachable())).toBe(false);
    expect(gate.abandon(() => expect.unreachable())).toBe(false);
    gate.endChange([]);
    gate.close();
    expect(gate.letThrough(() => expect.unreachable())).toBe(false);
    expect(gate.abandon(() => expect.unreachable())).toBe(true);
  });

  it('remembers since when those waited that it let through', () => {
    const gate = openGate(7);
    gate.hold(1000);
    gate.letThrough(() => undefined);
    gate.hold(2000);
    expect([gate.awaySince, gate.heldSince]).toEqual([1000, 2000]);
  });
});

describe('checkGate', () => {
  it('lets readers through before the bound, and never where nobody waits', () => {
    const gate = openGate(7);
    const watch = watchOf(gate);
    checkGate(watch, 1_000_000);
    gate.hold(1000);
    checkGate(watch, 2400);
    expect(watch.letThrough).not.toHaveBeenCalled();
    checkGate(watch, 2500);
    expect(watch.letThrough).toHaveBeenCalledOnce();
    gate.rest();
    checkGate(watch, 9000);
    expect(watch.letThrough).toHaveBeenCalledOnce();
    expect(watch.whileAway).not.toHaveBeenCalled();
  });

  it('keeps the process alive while readers go on without it', () => {
    const gate = openGate(7);
    const watch = watchOf(gate);
    gate.hold(1000);
    gate.letThrough(() => undefined);
    checkGate(watch, 9000);
    expect(watch.letThrough).not.toHaveBeenCalled();
    expect(watch.whileAway).toHaveBeenCalledOnce();
  });
});
