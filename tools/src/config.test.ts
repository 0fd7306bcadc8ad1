import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readStartConfig } from './config.ts';

describe('the settings of npm start', () => {
  let dataDir = '';
  beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'vestige-config-'))));
  afterEach(() => rmSync(dataDir, { recursive: true }));

  it('are three demo guests on the usual ports unless told otherwise', () => {
    expect(readStartConfig({ VESTIGE_DATA_DIR: dataDir })).toMatchObject({
      apiPort: 4000,
      webPort: 3000,
      demoGuests: 3,
    });
  });

  it('keep the same bootstrap token over restarts, readable by its owner only', () => {
    const first = readStartConfig({ VESTIGE_DATA_DIR: dataDir }).bootstrapToken;
    expect(readStartConfig({ VESTIGE_DATA_DIR: dataDir }).bootstrapToken).toBe(first);
    const file = join(dataDir, 'demo', 'bootstrap-token');
    expect(readFileSync(file, 'utf8')).toBe(first);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('are refused all at once when several are wrong', () => {
    const env = { VESTIGE_DATA_DIR: dataDir, VESTIGE_DEMO: 'many', VESTIGE_API_PORT: '70000' };
    expect(() => readStartConfig(env)).toThrow(/VESTIGE_API_PORT .*\n.*VESTIGE_DEMO/);
  });
});
