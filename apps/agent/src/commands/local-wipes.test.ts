import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { SecretRef } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { BootLedger } from '../ledger/boot-ledger.ts';
import { Records } from '../records.ts';
import { Discovery } from '../source/discovery.ts';
import { efiSecret } from '../source/efi-secret.ts';
import { ObserverDouble } from '../testing/observer-double.ts';
import { carryOutLocally } from './carry-out-locally.ts';
import { LocalWipes } from './local-wipes.ts';
import { isMeant, parseTarget, type WipeAnswer } from './wipe-request.ts';

const boot = '11111111-2222-4333-8444-555555555555';
const diskKey = '736869e5-84f0-4973-92ec-06879ce3da0b';

let directory: string;
let coco: string;
let pending: string;
let observer: ObserverDouble;
let log: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vestige-local-'));
  coco = join(directory, 'coco');
  pending = join(directory, 'local-wipe.json');
  mkdirSync(coco);
  writeFileSync(join(coco, diskKey), 'x');
  observer = new ObserverDouble(boot);
  log = [];
});

afterEach(() => rmSync(directory, { recursive: true }));

const secret = (): SecretRef => ({
  source: { kind: 'efi-secret', path: coco },
  name: diskKey,
  guid: diskKey,
});

/** A new process each time: all that it knows is in the journal and in the file. */
async function restart() {
  const ledger = await BootLedger.open(join(directory, 'ledger.json'), observer, boot);
  const records = new Records(observer);
  const common = { records, ledger, log: (message: string) => log.push(message) };
  const discovery = new Discovery([efiSecret(coco)], { observer, ...common });
  const wipes = new LocalWipes({ path: pending, boot, discovery, ...common });
  const ask = (name = diskKey, isStillAsked = true): Promise<WipeAnswer> =>
    carryOutLocally(parseTarget(name, []), {
      by: 'agent',
      ledger,
      discovery,
      wipes,
      isStillAsked: () => isStillAsked,
    });
  return { ask, wipes, discovery };
}

describe('a wipe that somebody in the guest asks for', () => {
  it('is recorded as no order’s, with its evidence, after the secret was discovered', async () => {
    const { outcomes, problem } = await (await restart()).ask();
    expect(outcomes).toMatchObject([{ outcome: 'wiped', recorded: true }]);
    expect(problem).toBe('');
    expect(observer.types().slice(-2)).toStrictEqual(['secret.discovered', 'secret.wiped']);
    expect(observer.last()?.data).toMatchObject({ order: null, secret: secret() });
    expect(observer.expectedWipes).toStrictEqual([diskKey]);
    expect(existsSync(pending)).toBe(false);
  });

  it('is already gone the second time, and says whether that is certain', async () => {
    const agent = await restart();
    await agent.ask();
    expect(await agent.ask()).toMatchObject({ found: [], outcomes: [], isComplete: true });
    rmSync(coco, { recursive: true });
    expect(await agent.ask()).toMatchObject({ outcomes: [], isComplete: false });
  });

  it('is not begun where nobody waits for it any more', async () => {
    const answer = await (await restart()).ask(diskKey, false);
    expect(answer.problem).toContain('Nobody waited');
    expect(existsSync(join(coco, diskKey))).toBe(true);
  });

  it('is kept until the journal takes its evidence, and nothing more is wiped before', async () => {
    const agent = await restart();
    await agent.discovery.scan();
    observer.isFull = true;
    expect((await agent.ask()).outcomes[0]).toMatchObject({ outcome: 'wiped', recorded: false });
    expect(existsSync(pending)).toBe(true);
    writeFileSync(join(coco, diskKey), 'y');
    expect((await agent.ask()).problem).toContain('nothing was touched');
    expect(readFileSync(join(coco, diskKey), 'utf8')).toBe('y');
    rmSync(join(coco, diskKey));
    observer.isFull = false;
    await (await restart()).wipes.recover();
    expect(observer.last()).toMatchObject({ type: 'secret.wiped', data: { order: null } });
    expect(existsSync(pending)).toBe(false);
  });

  it('is recorded once, also where a kill came between the record and the end', async () => {
    const agent = await restart();
    await agent.discovery.scan();
    observer.isFull = true;
    await agent.ask();
    observer.isFull = false;
    const kept = readFileSync(pending);
    await agent.wipes.flush();
    writeFileSync(pending, kept);
    await (await restart()).wipes.recover();
    expect(observer.types().filter((type) => type === 'secret.wiped')).toHaveLength(1);
  });

  it.each([
    ['still there', 'io-error', () => {}],
    ['gone', 'already-gone', () => rmSync(join(coco, diskKey))],
  ])('tells of a kill in its midst that the secret is %s', async (_, reason, act) => {
    await (await restart()).discovery.scan();
    writeFileSync(pending, JSON.stringify({ boot, secret: secret(), result: null }));
    act();
    await (await restart()).wipes.recover();
    expect(observer.last()).toMatchObject({
      type: 'secret.wipe-failed',
      data: { order: null, reason },
    });
    expect(existsSync(pending)).toBe(false);
  });

  it('is put aside where it was another boot’s or is damaged, never dropped', async () => {
    writeFileSync(pending, '{');
    await (await restart()).wipes.recover();
    expect(existsSync(`${pending}.unrecorded`)).toBe(true);
    expect(log.join()).toContain('not recorded');
  });
});

describe('what is meant', () => {
  const dice: SecretRef = {
    source: { kind: 'open-dice', path: '/dev/open-dice0' },
    name: 'open-dice0',
    guid: null,
  };

  it('is a GUID in either case in every source, or in those that are named', () => {
    expect(isMeant(parseTarget(diskKey.toUpperCase(), []), secret())).toBe(true);
    expect(isMeant(parseTarget(diskKey, [`efi-secret:${coco}`]), secret())).toBe(true);
    expect(isMeant(parseTarget(diskKey, ['table:/elsewhere']), secret())).toBe(false);
  });

  it('is an open-dice region only where its device is named', () => {
    expect(isMeant(parseTarget('open-dice0', []), dice)).toBe(false);
    expect(isMeant(parseTarget('open-dice0', ['open-dice:/dev/open-dice0']), dice)).toBe(true);
    expect(() => parseTarget('open-dice0', ['open-dice'])).toThrow('needs its device');
  });
});
