import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { ConfigError, isLoopback, readConfig } from './config.ts';

const problemsOf = (environment: NodeJS.ProcessEnv): readonly string[] => {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
};

describe('readConfig', () => {
  it('needs nothing, and listens on loopback only', () => {
    const config = readConfig({});
    expect(config).toMatchObject({ host: '127.0.0.1', port: 4000, demo: 0, bootstrapToken: null });
    expect(config.publicUrl.origin).toBe('http://localhost:3000');
  });

  it('takes an empty variable for an absent one', () => {
    expect(readConfig({ VESTIGE_API_PORT: '', VESTIGE_DATABASE_URL: '' }).port).toBe(4000);
  });

  it('tells every mistake at once, each by its name', () => {
    const problems = problemsOf({
      VESTIGE_API_PORT: '70000',
      VESTIGE_DEMO: 'many',
      VESTIGE_DATABASE_URL: 'mysql://root:a-password@db/vestige',
      VESTIGE_BOOTSTRAP_TOKEN: 'short',
      VESTIGE_PUBLIC_URL: 'http://vestige.example',
    });
    expect(new Set(problems.map((problem) => problem.split(' ')[0]))).toEqual(
      new Set([
        'VESTIGE_API_PORT',
        'VESTIGE_BOOTSTRAP_TOKEN',
        'VESTIGE_DATABASE_URL',
        'VESTIGE_DEMO',
        'VESTIGE_PUBLIC_URL',
      ]),
    );
    expect(problems.join('\n')).toContain('postgres://');
    expect(problems.join('\n')).not.toMatch(/short |a-password/);
  });

  it('keeps its data in SQLite and its keys beside it unless told otherwise', () => {
    const config = readConfig({ VESTIGE_DATA_DIR: '/data' });
    expect(config).toMatchObject({ databaseUrl: null, logKeyFile: '/data/log-keys.json' });
    const elsewhere = {
      VESTIGE_DATABASE_URL: 'postgres://db/vestige',
      VESTIGE_LOG_KEY_FILE: '/run/secrets/log-keys',
    };
    expect(readConfig(elsewhere)).toMatchObject({
      databaseUrl: 'postgres://db/vestige',
      logKeyFile: '/run/secrets/log-keys',
    });
  });

  it('takes plain http for the dashboard on loopback only', () => {
    expect(problemsOf({ VESTIGE_PUBLIC_URL: 'http://127.0.0.1:3000' })).toEqual([]);
    expect(problemsOf({ VESTIGE_PUBLIC_URL: 'https://vestige.example' })).toEqual([]);
    expect(problemsOf({ VESTIGE_PUBLIC_URL: 'https://vestige.example/path' })).toHaveLength(1);
  });

  it('reads the token from a file, and refuses two tokens or none to be read', () => {
    const directory = mkdtempSync(join(tmpdir(), 'vestige-config-'));
    const file = join(directory, 'token');
    writeFileSync(file, 'a-token-from-a-file\n');
    const fromFile = { VESTIGE_BOOTSTRAP_TOKEN_FILE: file };
    expect(readConfig(fromFile).bootstrapToken).toBe('a-token-from-a-file');
    expect(problemsOf({ ...fromFile, VESTIGE_BOOTSTRAP_TOKEN: 'x'.repeat(16) })).toHaveLength(1);
    expect(problemsOf({ VESTIGE_BOOTSTRAP_TOKEN_FILE: `${file}.gone` })[0]).toContain('ENOENT');
    rmSync(directory, { recursive: true });
  });
});

describe('isLoopback', () => {
  it('knows this machine from others', () => {
    for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]', '::ffff:127.0.0.1'])
      expect(isLoopback(host)).toBe(true);
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'localhost.evil.example', '127.0.0.1.evil'])
      expect(isLoopback(host)).toBe(false);
  });
});
