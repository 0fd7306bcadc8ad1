import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openJournalView } from './journal-view.ts';
import { Journal } from './journal.ts';

const boot = '11111111-2222-4333-8444-000000000001';
const at = '2026-01-31T12:00:00.000Z';
const module = new URL('../../dist/journal/journal.js', import.meta.url).href;
/** Writes the seq after each record that it was told is durable; the reason is the seq that it expects. */
const script = `
  import { writeSync } from 'node:fs';
  const { Journal } = await import(${JSON.stringify(module)});
  const journal = new Journal({ dir: process.argv[1], boot: '${boot}', segmentBytes: 4096 });
  for (;;) {
    const next = journal.nextSeq;
    const batch = [0, 1, 2].map((index) => ({
      type: 'agent.stopped', at: '${at}', data: { reason: String(next + index) },
    }));
    writeSync(1, String(journal.append(batch) + 2) + '\\n');
  }`;

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vestige-kill-'));
});

afterEach(() => {
  rmSync(dir, { recursive: true });
});

/** Lets the child append until it has told of `records` more, kills it, and gives the last seq that it told of. */
async function appendAndKill(records: number): Promise<number> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let told = '';
  await new Promise((resolve) => {
    child.once('close', resolve);
    child.stdout.on('data', (data: Buffer) => {
      told += data.toString();
      if (told.split('\n').length > records / 3) child.kill('SIGKILL');
    });
  });
  return Number(told.slice(0, told.lastIndexOf('\n')).split('\n').at(-1));
}

describe.runIf(process.getuid?.() === 0)('Journal on a small filesystem', () => {
  it('leaves room for what must be written before it can be emptied', () => {
    const small = join(dir, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', small]);
    try {
      const journal = new Journal({ dir: join(small, 'journal'), boot, segmentBytes: 65_536 });
      const record = { type: 'agent.stopped', at, data: { reason: 'x'.repeat(200) } } as const;
      const fill = (): void => {
        for (;;) journal.append([record]);
      };
      expect(fill).toThrow(expect.objectContaining({ code: 'full' }));
      writeFileSync(join(small, 'ledger'), Buffer.alloc(256 * 1024));
      journal.acknowledge(boot, journal.nextSeq - 1);
      expect(journal.append([record])).toBeGreaterThan(1000);
      journal.close();
    } finally {
      execFileSync('umount', ['-l', small]);
    }
  });

  it('calls it full where there is no room for a further file, and goes on when there is', () => {
    const small = join(dir, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,nr_inodes=5', 'none', small]);
    try {
      const journal = new Journal({ dir: join(small, 'journal'), boot, segmentBytes: 1 });
      const append = (): number =>
        journal.append([{ type: 'agent.stopped', at, data: { reason: 'x' } }]);
      append();
      writeFileSync(join(small, 'last-inode'), '');
      expect(append).toThrow(expect.objectContaining({ code: 'full' }));
      rmSync(join(small, 'last-inode'));
      expect(append()).toBe(1);
      journal.close();
    } finally {
      execFileSync('umount', ['-l', small]);
    }
  });
});

describe('Journal under SIGKILL', () => {
  it('loses nothing that it told of, and has no hole, however often it is killed', async () => {
    for (const records of [30, 1, 200, 90, 3]) {
      const lastTold = await appendAndKill(records);
      const journal = new Journal({ dir, boot });
      expect(journal.nextSeq).toBeGreaterThan(lastTold);
      journal.close();
      const reasons = openJournalView(dir)
        .readFrom(boot, 0, 1_000_000)
        .map((record) => (record.type === 'agent.stopped' ? record.data.reason : ''));
      expect(reasons).toEqual(Array.from({ length: journal.nextSeq }, (_, seq) => String(seq)));
    }
  });
});
