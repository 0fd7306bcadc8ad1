import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { exitCodes } from '../agent-error.ts';
import { startTimeOf } from '../observe/identify.ts';
import { showStatus } from '../status.ts';
import { LogDouble } from '../testing/log-double.ts';
import { addConflict, noConflicts } from './conflicts.ts';
import type { WitnessState } from './witness-file.ts';
import { statusOf, type WitnessStatus } from './witness-status.ts';

const log = new LogDouble().grow(5);
const at = '2026-01-01T00:00:00.000Z';
const quiet: WitnessState = {
  pin: null,
  origin: log.origin,
  keys: log.listed,
  kept: log.checkpoint(5),
  keptAt: at,
  conflicts: noConflicts,
};
const told: WitnessState = {
  ...quiet,
  pin: log.listed[0] ?? '',
  conflicts: addConflict(noConflicts, {
    reason: 'inconsistent',
    at,
    kept: log.checkpoint(3),
    seen: log.checkpoint(4),
  }),
};

let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'vestige-status-'));
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(stateDir, { recursive: true });
});

/** The exit code and the output of `status` for an agent that runs and says this. */
async function show(witness: WitnessStatus | undefined, json = false): Promise<[number, string]> {
  const link = { standing: 'connected', detail: '', since: at };
  const agent = { pid: process.pid, startTime: startTimeOf(process.pid), guest: null, sources: [] };
  const status = { ...agent, api: 'https://x.example', uplink: link, orders: link, witness };
  writeFileSync(join(stateDir, 'status.json'), JSON.stringify(status));
  let output = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  });
  const code = await showStatus(stateDir, json);
  vi.restoreAllMocks();
  return [code, output];
}

describe('the status of the witness', () => {
  it('shows the newest checked checkpoint and why its key is trusted', async () => {
    const [code, output] = await show(statusOf(quiet, null));
    expect(code).toBe(exitCodes.fine);
    expect(output).toContain('log      log.example at size 5, root ');
    expect(output).toContain('key trusted on first use');
    expect(output).not.toContain('CONFLICT');
  });

  it('says so where the newest could not be checked, and that is no negative answer', async () => {
    const [code, output] = await show(statusOf(quiet, { since: at, detail: 'Cannot reach it.' }));
    expect(code).toBe(exitCodes.fine);
    expect(output).toContain(`not checked since ${at}: Cannot reach it.`);
  });

  it('shows a conflict and exits with a negative code', async () => {
    const [code, output] = await show(statusOf(told, null));
    expect(code).toBe(exitCodes.negative);
    expect(output).toContain('key pinned by --log-key');
    expect(output).toMatch(/CONFLICT .* inconsistent: shown log.example at size 4, root .*size 3/);
  });

  it('shows the same to programs', async () => {
    const [code, output] = await show(statusOf(told, null), true);
    expect(code).toBe(exitCodes.negative);
    expect(JSON.parse(output)).toMatchObject({
      running: true,
      witness: {
        trust: 'pinned',
        kept: { origin: 'log.example', size: 5 },
        conflictCount: 1,
        conflicts: [{ reason: 'inconsistent', at, kept: { size: 3 }, seen: { size: 4 } }],
      },
    });
  });

  it('is empty where an agent ran that did not witness yet', async () => {
    const [code, output] = await show(undefined);
    expect(code).toBe(exitCodes.fine);
    expect(output).toContain('no checkpoint checked yet');
  });
});
