import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Observation } from '@vestige/contract';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openJournalView } from './journal-view.ts';
import { Journal, type JournalOptions } from './journal.ts';
import { Recorder } from './recorder.ts';

const first = '11111111-2222-4333-8444-000000000001';
const second = '00000000-2222-4333-8444-000000000002';
const at = '2026-01-31T12:00:00.000Z';

let dir: string;
const open: Journal[] = [];

beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'vestige-journal-')), 'journal');
});

afterEach(() => {
  for (const journal of open.splice(0)) journal.close();
  rmSync(join(dir, '..'), { recursive: true });
});

function openJournal(options: Partial<JournalOptions> = {}): Journal {
  const journal = new Journal({ dir, boot: first, ...options });
  open.push(journal);
  return journal;
}

function stopped(reason: string): Observation {
  return { type: 'agent.stopped', at, data: { reason } };
}

function reasons(boot = first, seq = 0, limit = 1000): string[] {
  return openJournalView(dir)
    .readFrom(boot, seq, limit)
    .map((record) => (record.type === 'agent.stopped' ? record.data.reason : record.type));
}

function segments(): string[] {
  const boots = readdirSync(dir).toSorted();
  return boots.flatMap((boot) =>
    readdirSync(join(dir, boot))
      .filter((name) => name.endsWith('.log'))
      .toSorted()
      .map((name) => join(dir, boot, name)),
  );
}

describe('Journal', () => {
  it('gives out seqs from 0 without holes, over batches and restarts', () => {
    const journal = openJournal();
    expect(journal.resumed).toBe(false);
    expect(journal.append([stopped('a'), stopped('b')])).toBe(0);
    expect(journal.append([stopped('c')])).toBe(2);
    journal.close();
    const again = openJournal();
    expect(again.resumed).toBe(true);
    expect(again.append([stopped('d')])).toBe(3);
    expect(reasons()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('syncs a batch once, after it is written', () => {
    const sizes: number[] = [];
    const journal = openJournal({ sync: () => sizes.push(statSync(segments()[0] ?? '').size) });
    journal.append([stopped('a'), stopped('b')]);
    expect(sizes).toEqual([readFileSync(segments()[0] ?? '').length]);
    expect(sizes[0]).toBeGreaterThan(0);
  });

  it('keeps its files to the agent', () => {
    openJournal().append([stopped('a')]);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(segments().map((path) => statSync(path).mode & 0o777)).toEqual([0o600]);
  });

  it('reads from a seq, across segments, no more than asked for', () => {
    const journal = openJournal({ segmentBytes: 200 });
    for (let seq = 0; seq < 20; seq += 1) journal.append([stopped(`${seq}`)]);
    expect(segments().length).toBeGreaterThan(3);
    expect(reasons(first, 5, 4)).toEqual(['5', '6', '7', '8']);
    expect(reasons(first, 18, 100)).toEqual(['18', '19']);
    expect(reasons(first, 20, 100)).toEqual([]);
    expect(reasons(second)).toEqual([]);
  });

  it('lists an earlier boot before a later one, whatever their ids, and forgets it once acknowledged', () => {
    openJournal().append([stopped('a'), stopped('b')]);
    const later = openJournal({ boot: second });
    later.append([stopped('c')]);
    const view = openJournalView(dir);
    expect(view.boots()).toEqual([
      { boot: first, firstSeq: 0, nextSeq: 2, ackedThrough: -1 },
      { boot: second, firstSeq: 0, nextSeq: 1, ackedThrough: -1 },
    ]);
    later.acknowledge(first, 0);
    expect(view.boots()[0]).toMatchObject({ boot: first, ackedThrough: 0 });
    later.acknowledge(first, 1);
    expect(view.boots().map(({ boot }) => boot)).toEqual([second]);
  });

  it('drops acknowledged segments of its own boot and goes on counting', () => {
    const journal = openJournal({ segmentBytes: 200 });
    for (let seq = 0; seq < 20; seq += 1) journal.append([stopped(`${seq}`)]);
    journal.acknowledge(first, 19);
    expect(segments()).toHaveLength(1);
    journal.close();
    const again = openJournal();
    expect(again.append([stopped('20')])).toBe(20);
    expect(openJournalView(dir).boots()).toMatchObject([{ nextSeq: 21, ackedThrough: 19 }]);
  });

  it('never takes an acknowledgement back', () => {
    const journal = openJournal();
    journal.append([stopped('a'), stopped('b')]);
    journal.acknowledge(first, 1);
    journal.acknowledge(first, 0);
    expect(openJournalView(dir).boots()).toMatchObject([{ ackedThrough: 1 }]);
  });

  it('keeps every whole record and no part of a torn one, wherever the file is cut', () => {
    const journal = openJournal();
    const ends = ['a', 'grün', 'c'].map((reason) => {
      journal.append([stopped(reason)]);
      return statSync(segments()[0] ?? '').size;
    });
    journal.close();
    const path = segments()[0] ?? '';
    const whole = readFileSync(path);
    fc.assert(
      fc.property(fc.nat({ max: whole.length }), (length) => {
        writeFileSync(path, whole);
        truncateSync(path, length);
        const kept = ends.filter((end) => end <= length).length;
        const reopened = new Journal({ dir, boot: first });
        expect(reopened.append([stopped('next')])).toBe(kept);
        reopened.close();
        expect(reasons()).toEqual([...['a', 'grün', 'c'].slice(0, kept), 'next']);
      }),
    );
  });

  it('cuts off garbage at the end, and refuses damage that has whole records after it', () => {
    const journal = openJournal();
    journal.append([stopped('a')]);
    journal.append([stopped('b')]);
    journal.close();
    const path = segments()[0] ?? '';
    appendFileSync(path, Buffer.alloc(100));
    expect(openJournal().append([stopped('c')])).toBe(2);
    const bytes = readFileSync(path);
    bytes[12] = 0;
    writeFileSync(path, bytes);
    expect(() => openJournal()).toThrow(/damaged at byte 0/);
  });

  it('writes nothing to the disk when it is read, as a disk that hangs would hold the reader', () => {
    openJournal().append([stopped('a')]);
    const segment = segments()[0] ?? '';
    utimesSync(segment, new Date(0), new Date());
    expect(reasons()).toEqual(['a']);
    expect(statSync(segment).atimeMs).toBe(0);
  });

  it('takes back what it could not make durable, and no more after it', () => {
    let isFailing = false;
    const sync = (): void => {
      if (isFailing) throw Object.assign(new Error('EIO'), { code: 'EIO' });
    };
    const journal = openJournal({ sync });
    journal.append([stopped('a')]);
    isFailing = true;
    expect(() => journal.append([stopped('b')])).toThrow(expect.objectContaining({ code: 'io' }));
    expect(() => journal.append([stopped('c')])).toThrow(
      expect.objectContaining({ code: 'closed' }),
    );
    expect(reasons()).toEqual(['a']);
  });

  it('goes on after a full disk has room again', () => {
    let isFull = true;
    const sync = (): void => {
      if (isFull) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    };
    const journal = openJournal({ sync });
    expect(() => journal.append([stopped('a')])).toThrow(expect.objectContaining({ code: 'full' }));
    isFull = false;
    expect(journal.append([stopped('b')])).toBe(0);
    expect(reasons()).toEqual(['b']);
  });
});

describe('Journal with a small bound', () => {
  const long = stopped('x'.repeat(200));

  function fill(journal: Journal): void {
    const append = (): void => {
      for (;;) journal.append([long]);
    };
    expect(append).toThrow(expect.objectContaining({ code: 'full' }));
  }

  it('has room again as soon as a part of it is acknowledged', () => {
    const journal = openJournal({ bytesMax: 150_000 });
    fill(journal);
    journal.acknowledge(first, Math.floor(journal.nextSeq / 3));
    expect(journal.append([long])).toBeGreaterThan(0);
  });

  it.each([18_000, 20_000, 40_000, 150_000])(
    'never stays full once all of it is acknowledged (%i bytes)',
    (bytesMax) => {
      const journal = openJournal({ bytesMax });
      for (let round = 0; round < 3; round += 1) {
        fill(journal);
        const { nextSeq } = journal;
        journal.acknowledge(first, nextSeq - 1);
        expect(journal.append([long])).toBe(nextSeq);
      }
    },
  );

  it('makes room of one large segment that an earlier agent left', () => {
    const before = openJournal({ bytesMax: 40_000, segmentBytes: 1_000_000 });
    fill(before);
    before.close();
    expect(segments()).toHaveLength(1);
    const journal = openJournal({ bytesMax: 40_000 });
    const { nextSeq } = journal;
    journal.acknowledge(first, nextSeq - 1);
    expect(journal.append([long])).toBe(nextSeq);
    journal.close();
    expect(openJournal().nextSeq).toBe(nextSeq + 1);
  });
});

/** Nine records, of which one has a flipped bit. */
function damage(index: number, options: Partial<JournalOptions> = {}): void {
  const journal = openJournal(options);
  for (let seq = 0; seq < 9; seq += 1) journal.append([stopped(`${seq}`)]);
  journal.close();
  const path = segments().find((segment) => readFileSync(segment, 'utf8').includes(`"${index}"`));
  const bytes = readFileSync(path ?? '');
  const place = bytes.indexOf(`"${index}"`) + 1;
  bytes.writeUInt8(bytes.readUInt8(place) ^ 64, place);
  writeFileSync(path ?? '', bytes);
}

function aside(): string[] {
  return readdirSync(dir).filter((name) => name.endsWith('.damaged'));
}

function gapsOf(boot: string): Observation[] {
  const records = openJournalView(dir).readFrom(boot, 0, 100);
  return records.filter(({ type }) => type === 'agent.gap');
}

describe('Journal with a damaged earlier boot', () => {
  const gap = { reason: 'journal-full', from: at, until: at, lost: 4, source: null };

  it.each([{}, { segmentBytes: 1 }, { segmentBytes: 300 }])(
    'delivers what is before the damage, keeps the rest aside and tells of it (%o)',
    (options) => {
      damage(5, options);
      const journal = openJournal({ boot: second });
      const recorder = new Recorder(journal, () => at);
      expect(recorder.record([stopped('later')])).toBe(0);
      expect(reasons(first, 0, 100)).toEqual(['0', '1', '2', '3', '4']);
      journal.acknowledge(first, 3);
      expect(aside()).toEqual([]);
      journal.acknowledge(first, 4);
      recorder.recover();
      expect(openJournalView(dir).boots()).toMatchObject([{ boot: second, nextSeq: 2 }]);
      expect(gapsOf(second)).toMatchObject([{ data: gap }]);
      expect(aside()).toEqual([`000001-${first}.damaged`]);
      const kept = readdirSync(join(dir, aside()[0] ?? ''));
      const texts = kept.map((name) => readFileSync(join(dir, aside()[0] ?? '', name), 'utf8'));
      for (const reason of ['6', '7', '8']) expect(texts.join('')).toContain(`"${reason}"`);
    },
  );

  it('tells of it once, over restarts, after what the agent says first', () => {
    damage(0);
    openJournal({ boot: second }).close();
    expect(aside()).toHaveLength(1);
    for (const reason of ['a', 'b']) {
      const journal = openJournal({ boot: second });
      new Recorder(journal, () => at).record([stopped(reason)]);
      journal.close();
    }
    expect(reasons(second)).toEqual(['a', 'agent.gap', 'b']);
    expect(gapsOf(second)).toMatchObject([{ data: { from: null, until: at, lost: 9 } }]);
  });

  it('does not know how much was lost where the last record is damaged', () => {
    damage(8);
    const journal = openJournal({ boot: second });
    journal.acknowledge(first, 7);
    new Recorder(journal, () => at).recover();
    expect(gapsOf(second)).toMatchObject([{ data: { from: at, until: null, lost: null } }]);
  });

  it('tells of it also where the journal is full', () => {
    damage(5);
    const journal = openJournal({ boot: second, bytesMax: 18_000 });
    const recorder = new Recorder(journal, () => at);
    const fill = (): void => {
      for (;;) recorder.record([stopped('x')]);
    };
    expect(fill).toThrow(expect.objectContaining({ code: 'full' }));
    journal.acknowledge(first, 4);
    recorder.recover();
    expect(gapsOf(second).map(({ data }) => data)).toContainEqual(gap);
  });

  it('drops an earlier boot that ends in what a crash tore', () => {
    const before = openJournal();
    before.append([stopped('a')]);
    before.close();
    appendFileSync(segments()[0] ?? '', '01234567 1 {"type":');
    const journal = openJournal({ boot: second });
    journal.acknowledge(first, 0);
    expect(readdirSync(dir)).toEqual([`000002-${second}`]);
  });
});

describe('Recorder', () => {
  const long = stopped('x'.repeat(200));

  it('tells in the journal that it is full, and what was lost once it has room', () => {
    const journal = openJournal({ bytesMax: 20_000, segmentBytes: 1000 });
    const recorder = new Recorder(journal, () => at);
    const fill = (): void => {
      for (;;) recorder.record([long]);
    };
    expect(fill).toThrow(expect.objectContaining({ code: 'full' }));
    expect(() => recorder.record([long, long], 2)).toThrow(
      expect.objectContaining({ code: 'full' }),
    );
    expect(openJournalView(dir).readFrom(first, journal.nextSeq - 1, 1)).toMatchObject([
      { type: 'agent.gap', data: { reason: 'journal-full', from: at, until: null, lost: null } },
    ]);
    const told = journal.nextSeq - 1;
    journal.acknowledge(first, told);
    recorder.recover();
    expect(openJournalView(dir).readFrom(first, told + 1, 10)).toMatchObject([
      { type: 'agent.gap', data: { reason: 'journal-full', from: at, until: at, lost: 3 } },
    ]);
    expect(recorder.record([stopped('again')])).toBe(told + 2);
  });
});

describe('JournalView', () => {
  it('shows of the current boot only what is durable', () => {
    openJournal().append([stopped('a'), stopped('b')]);
    const view = openJournalView(dir, () => ({ boot: first, lastSeq: 0 }));
    expect(view.readFrom(first, 0, 10)).toHaveLength(1);
    expect(view.boots()).toMatchObject([{ nextSeq: 1 }]);
  });

  it('is empty where there is no journal', () => {
    expect(openJournalView(join(dir, 'none')).boots()).toEqual([]);
  });
});
