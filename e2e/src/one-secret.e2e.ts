import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { AxeBuilder } from '@axe-core/playwright';
import {
  getSecret,
  listSecrets,
  secretTimeline,
  type EventData,
  type RecordedEvent,
} from '@vestige/contract';
import { buildTable } from '@vestige/secret-area';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openBrowser } from './browser.ts';
import { Canary } from './canary.ts';
import { allEvents } from './events.ts';
import { freePort } from './free-port.ts';
import { System } from './system.ts';

const run = promisify(execFile);
const guid = '736869e5-84f0-4973-92ec-06879ce3da0b';
const tableGuid = '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d';
const guest = 'db-7';

/** What a person meets on a page: nothing wider than the screen, nothing that shuts people out, light and dark. */
async function expectGoodPage(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
      .analyze();
    expect(violations.map(({ id, nodes }) => `${page.url()} ${id} ${nodes[0]?.html}`)).toEqual([]);
  }
  await page.setViewportSize({ width: 390, height: 844 });
  // A chart fits itself to the new width a frame later.
  await page.waitForFunction(
    'document.documentElement.scrollWidth <= document.documentElement.clientWidth',
    undefined,
    { timeout: 5000 },
  );
  await page.setViewportSize({ width: 1440, height: 900 });
}

describe('one secret, from discovery through a read to a wipe', () => {
  const system = new System();
  const canary = new Canary();
  const bodies: Buffer[] = [];
  let browser: Awaited<ReturnType<typeof openBrowser>>;
  let page: Page;
  let file = '';
  let image = '';
  let secret = '';

  beforeAll(async () => {
    const webPort = await freePort();
    system.webUrl = `http://localhost:${webPort}`;
    await system.startApi();
    await system.startWeb(webPort);
    const directory = system.layDown('coco', { [guid]: canary.bytes });
    file = join(directory, guid);
    image = join(mkdtempSync(join(system.folder, 'area-')), 'area.img');
    writeFileSync(image, buildTable([{ guid: tableGuid, data: canary.bytes }], { areaSize: 4096 }));
    await system.startAgent(guest, [`efi-secret:${directory}`, `table:${image}`]);
    browser = await openBrowser();
    page = await browser.context.newPage();
    page.on('response', (response) => {
      void response.body().then(
        (body) => bodies.push(body),
        // A redirect and an open stream have no body to give.
        () => undefined,
      );
    });
  });
  afterAll(async () => {
    await browser.close();
    await system.stop();
  });

  it('is reached by the first admin through the one-time link', async () => {
    await page.goto(readFileSync(join(system.dataDir, 'set-up-link'), 'utf8').trim());
    await page.getByLabel('Name').fill('Ada');
    await page.getByLabel('Password').fill('a passphrase of several words');
    await page.getByRole('button', { name: /admin/ }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await expectGoodPage(page);
  });

  it('is listed as present, with unknown prior access', async () => {
    await page.goto(`${system.webUrl}/secrets`);
    await page.getByRole('row').filter({ hasText: guid }).waitFor();
    await expectGoodPage(page);
    const { items } = await system.api(listSecrets, { query: { guid } });
    expect(items).toMatchObject([{ state: 'present', reads: 0, priorAccess: 'unknown' }]);
    secret = items[0]!.id;
    await page.goto(`${system.webUrl}/secrets/${secret}`);
    await page.getByText('prior access is unknown').first().waitFor();
  });

  it('shows its reader without a reload', async () => {
    await page.getByText('Discovered').first().waitFor();
    const reading = run('cat', [file], { encoding: 'buffer' });
    await reading;
    const pid = reading.child.pid!;
    await page
      .getByText(new RegExp(`/cat \\(pid ${pid}, uid 0\\b`))
      .first()
      .waitFor();
    const { items } = await system.api(secretTimeline, { params: { id: secret } });
    const read = items.find((event) => event.type === 'secret.read')!;
    const { reader } = read.data as unknown as EventData<'secret.read'>;
    expect(reader).toMatchObject({ pid, uid: 0, comm: 'cat' });
    await expectGoodPage(page);
  });

  it('is wiped by an order that names what it destroys and tells the truth to the end', async () => {
    await page.getByRole('button', { name: 'Wipe…' }).click();
    const dialog = page.getByRole('alertdialog');
    await dialog.getByText(guest).first().waitFor();
    await dialog.getByText(/cannot read it again/).waitFor();
    await dialog.getByLabel('Reason').fill('The disk key was rotated');
    await dialog.getByLabel(/to confirm/).fill(guid.slice(-4));
    await expectGoodPage(page);
    await dialog.getByRole('button', { name: 'Wipe', exact: true }).click();
    await dialog.getByText('Succeeded').first().waitFor();
    expect(existsSync(file)).toBe(false);
    await dialog.getByRole('link', { name: 'Open the order' }).click();
    await page
      .getByText(/Overwritten, synced and unlinked/)
      .first()
      .waitFor();
    await expectGoodPage(page);
  });

  it('tells the same on its page, in the list of secrets and in the log', async () => {
    await page.goto(`${system.webUrl}/secrets/${secret}`);
    await page.getByRole('heading', { name: 'Timeline' }).waitFor();
    const shown = await system.api(getSecret, { params: { id: secret } });
    expect(shown).toMatchObject({ state: 'wiped', verification: 'pass', reads: 1 });
    const { items } = await system.api(secretTimeline, { params: { id: secret } });
    // That the source is empty now is told when the agent lists it again.
    const types = items.map((event) => event.type).filter((type) => type !== 'source.changed');
    expect(types).toEqual([
      'guest.booted',
      'agent.started',
      'agent.gap',
      'secret.discovered',
      'secret.read',
      'wipe.requested',
      'wipe.released',
      'wipe.delivered',
      'secret.wiped',
      'wipe.confirmed',
      'wipe.completed',
    ]);
    const log = await allEvents(system.api);
    const inLog = (event: RecordedEvent) => log[event.position];
    expect(items.map(inLog)).toEqual(items);
  });

  it('leaves an entry of a table image wiped, its length kept', async () => {
    const { items } = await system.api(listSecrets, { query: { guid: tableGuid } });
    await page.goto(`${system.webUrl}/secrets/${items[0]!.id}`);
    await page.getByRole('button', { name: 'Wipe…' }).click();
    const dialog = page.getByRole('alertdialog');
    await dialog.getByLabel('Reason').fill('No longer used');
    await dialog.getByLabel(/to confirm/).fill(tableGuid.slice(-4));
    await dialog.getByRole('button', { name: 'Wipe', exact: true }).click();
    await dialog.getByText('Succeeded').first().waitFor();
    const entry = readFileSync(image).subarray(20, 20 + 20 + canary.bytes.length);
    expect(entry.subarray(0, 16)).toEqual(Buffer.alloc(16));
    expect(entry.readUInt32LE(16)).toBe(20 + canary.bytes.length);
    expect(entry.subarray(20)).toEqual(Buffer.alloc(canary.bytes.length));
  });

  it.each(['/', '/guests', '/secrets', '/wipes', '/events', '/enrol'])(
    'is surrounded by good pages: %s',
    async (path) => {
      await page.goto(`${system.webUrl}${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await expectGoodPage(page);
    },
  );

  it('leaves its bytes nowhere: not in data, journals, logs, answers or the built pages', async () => {
    expect(bodies.length).toBeGreaterThan(20);
    expect(bodies.filter((body) => canary.isIn(body))).toEqual([]);
    expect(canary.filesBelow(system.folder, 'apps/web/.next')).toEqual([]);
  });

  it('would be found if it leaked', () => {
    const hex = canary.bytes.toString('hex');
    for (const leak of [hex, canary.bytes.toString('base64'), `key=${hex.toUpperCase()}`]) {
      expect(canary.isIn(Buffer.from(`log line: ${leak}\n`))).toBe(true);
    }
    expect(canary.isIn(Buffer.concat([Buffer.from('xx'), canary.bytes]))).toBe(true);
    expect(
      canary.isIn(Buffer.from(Buffer.concat([Buffer.from('x'), canary.bytes]).toString('base64'))),
    ).toBe(true);
  });
});
