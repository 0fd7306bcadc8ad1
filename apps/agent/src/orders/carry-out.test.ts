import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Order, SecretRef, WipeEvidence } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { BootLedger } from '../ledger/boot-ledger.ts';
import { Records } from '../records.ts';
import { alreadyGone, type SecretSource, unwatched } from '../source/secret-source.ts';
import { ObserverDouble } from '../testing/observer-double.ts';
import { carryOut, type CarryOutOptions } from './carry-out.ts';

const boot = '11111111-2222-4333-8444-555555555555';
const name = '736869e5-84f0-4973-92ec-06879ce3da0b';
const secret: SecretRef = { source: { kind: 'efi-secret', path: '/coco' }, name, guid: name };
const evidence: WipeEvidence = {
  technique: 'securityfs-unlink',
  filesystem: 'securityfs',
  bytesOverwritten: null,
  synced: true,
  startedAt: '2026-01-01T00:00:00.000Z',
  completedAt: '2026-01-01T00:00:00.000Z',
  verification: { nameGone: true, readBackZero: null, holders: [], result: 'pass' },
  caveats: [],
};

let directory: string;
let observer: ObserverDouble;
let isThere: boolean;
let wipes: number;
let serviceNow: number;

/** What of it is there and how often it was wiped; the tests of the sources show the wiping itself. */
const source: SecretSource = {
  source: secret.source,
  watchKind: 'directory',
  fingerprint: async () => null,
  list: async () => ({
    condition: 'populated',
    capabilities: [],
    detail: '',
    items: [],
    isComplete: true,
    identity: '1',
  }),
  wipe: async () => {
    wipes += 1;
    if (!isThere) return alreadyGone('There was no file of this name when the order came.');
    isThere = false;
    return { wiped: true, evidence };
  },
};

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'vestige-orders-'));
  observer = new ObserverDouble(boot);
  isThere = true;
  wipes = 0;
  serviceNow = Date.parse('2026-06-01T00:00:00Z');
  await new Records(observer).record('secret.discovered', {
    secret,
    dataLength: null,
    usage: null,
  });
});

afterEach(() => rmSync(directory, { recursive: true }));

function anOrder(more: Partial<Order> = {}): Order {
  const ids = { order: randomUUID(), secret: randomUUID(), position: 7 };
  return { ...ids, boot, ref: secret, executeBefore: null, ...more };
}

/** A new agent process each time: all it knows is what the journal says. */
async function options(): Promise<CarryOutOptions> {
  return {
    boot,
    records: new Records(observer),
    ledger: await BootLedger.open(join(directory, 'ledger.json'), observer, boot),
    discovery: {
      source: (key) => (key === 'efi-secret:/coco' ? source : undefined),
      ownAccess: () => unwatched,
      expectWipe: (secretRef) => observer.expectWipe(secretRef.source, secretRef.name),
    },
    serviceNow: () => serviceNow,
    log: () => {},
  };
}

describe('carrying out an order', () => {
  it('has the order in the journal before it touches anything, and the outcome after', async () => {
    const order = anOrder();
    await carryOut(order, await options());
    expect(observer.types().slice(1)).toStrictEqual(['wipe.delivered', 'secret.wiped']);
    expect(observer.last()?.data).toStrictEqual({ secret, order: order.order, evidence });
    expect(observer.expectedWipes).toStrictEqual([name]);
  });

  it('touches nothing while the order cannot be recorded', async () => {
    observer.isFull = true;
    await expect(carryOut(anOrder(), await options())).rejects.toThrow('full');
    expect(wipes).toBe(0);
  });

  it('does it once, also when the order comes again after a restart', async () => {
    const order = anOrder();
    await carryOut(order, await options());
    isThere = true;
    await carryOut(order, await options());
    expect(wipes).toBe(1);
    expect(observer.types()).toHaveLength(3);
  });

  it('finishes what was delivered before a crash, without delivering it twice', async () => {
    const order = anOrder({ executeBefore: '2026-01-01T00:00:00.000Z' });
    await new Records(observer).record('wipe.delivered', { order: order.order, secret });
    await carryOut(order, await options());
    expect(observer.types().slice(1)).toStrictEqual(['wipe.delivered', 'secret.wiped']);
  });

  it('claims no wipe where a crash took the evidence: the secret is already gone', async () => {
    const order = anOrder();
    await new Records(observer).record('wipe.delivered', { order: order.order, secret });
    isThere = false;
    await carryOut(order, await options());
    expect(observer.last()).toMatchObject({
      type: 'secret.wipe-failed',
      data: {
        reason: 'already-gone',
        detail: expect.stringContaining('after a restart') as string,
      },
    });
  });

  it('says that a secret which somebody else removed is already gone', async () => {
    isThere = false;
    await carryOut(anOrder(), await options());
    expect(observer.last()?.data).toMatchObject({ reason: 'already-gone' });
  });

  it('keeps to the deadline by the service’s clock', async () => {
    await carryOut(anOrder({ executeBefore: '2026-05-31T23:59:59.000Z' }), await options());
    expect(observer.last()?.data).toMatchObject({ reason: 'expired' });
    serviceNow = Date.parse('2026-05-31T23:59:58Z');
    await carryOut(anOrder({ executeBefore: '2026-05-31T23:59:59.000Z' }), await options());
    expect(observer.last()?.type).toBe('secret.wiped');
    expect(wipes).toBe(1);
  });

  it.each([
    ['of another boot', { boot: '99999999-2222-4333-8444-555555555555' }],
    [
      'for a source that it does not have',
      { ref: { ...secret, source: { kind: 'table', path: '/x' } } },
    ],
    ['for a name that it never listed', { ref: { ...secret, name: 'other' } }],
  ] as [string, Partial<Order>][])('refuses an order %s', async (_, more) => {
    await carryOut(anOrder(more), await options());
    expect(observer.last()?.data).toMatchObject({ reason: 'refused' });
    expect(wipes).toBe(0);
  });
});
