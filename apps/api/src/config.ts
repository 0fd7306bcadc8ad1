import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { z } from 'zod';

/** Everything that the environment decides, read once at start. */
export abstract class Config {
  abstract readonly host: string;
  abstract readonly port: number;
  abstract readonly dataDir: string;
  /** Where people reach the dashboard; cookies and the origin check follow it. */
  abstract readonly publicUrl: URL;
  /** Number of demo guests; 0 is no demo. */
  abstract readonly demo: number;
  abstract readonly bootstrapToken: string | null;
  /** A PostgreSQL database; null is SQLite in the data directory. */
  abstract readonly databaseUrl: string | null;
  /** Where the keys are that sign the log's checkpoints. Replicas of one service share them. */
  abstract readonly logKeyFile: string;
}

/** What is wrong with the environment: every error at once, in plain words. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const wholeNumber = (max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value <= max, `must be at most ${max}`);

const HttpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an address like https://vestige.example' })
  .transform((text) => new URL(text))
  .refine(
    (url) => url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '',
    'must be an origin: scheme, host and port only',
  )
  .refine(
    (url) => url.protocol === 'https:' || isLoopback(url.hostname),
    'must be https unless its host is loopback',
  );

const Token = z
  .string()
  .min(16, 'must have at least 16 characters')
  .max(200)
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces');

const Environment = z.object({
  VESTIGE_HOST: z.string().min(1).default('127.0.0.1'),
  VESTIGE_API_PORT: wholeNumber(65_535).default(4000),
  VESTIGE_WEB_PORT: wholeNumber(65_535).default(3000),
  VESTIGE_DATA_DIR: z.string().min(1).default('./data'),
  VESTIGE_DATABASE_URL: z
    .url({
      protocol: /^postgres(ql)?$/,
      error: 'must be an address like postgres://user@host:5432/database',
    })
    .optional(),
  VESTIGE_LOG_KEY_FILE: z.string().min(1).optional(),
  VESTIGE_DEMO: wholeNumber(100).default(0),
  VESTIGE_PUBLIC_URL: HttpUrl.optional(),
  VESTIGE_BOOTSTRAP_TOKEN: Token.optional(),
});

/** Whether a host name or address means this machine only. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').replace(/^::ffff:/, '');
  return bare === 'localhost' || bare === '::1' || /^127(\.\d{1,3}){3}$/.test(bare);
}

/** Reads the environment; throws a ConfigError that names every mistake. */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const problems: string[] = [];
  const given = withFile(filled(environment), problems);
  const parsed = Environment.safeParse(given);
  if (!parsed.success)
    problems.push(
      ...parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`),
    );
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  const values = parsed.data;
  const dataDir = resolve(values.VESTIGE_DATA_DIR);
  return {
    host: values.VESTIGE_HOST,
    port: values.VESTIGE_API_PORT,
    dataDir,
    publicUrl: values.VESTIGE_PUBLIC_URL ?? new URL(`http://localhost:${values.VESTIGE_WEB_PORT}`),
    demo: values.VESTIGE_DEMO,
    bootstrapToken: values.VESTIGE_BOOTSTRAP_TOKEN ?? null,
    databaseUrl: values.VESTIGE_DATABASE_URL ?? null,
    logKeyFile: resolve(values.VESTIGE_LOG_KEY_FILE ?? join(dataDir, 'log-keys.json')),
  };
}

/** An empty variable counts as absent, as container tools write it. */
function filled(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
    ),
  );
}

/** Settings that are secrets, and may come from a file. */
const secrets = ['VESTIGE_BOOTSTRAP_TOKEN', 'VESTIGE_DATABASE_URL'];

function withFile(given: Record<string, string>, problems: string[]): Record<string, string> {
  const read = secrets.flatMap((name): [string, string][] => {
    const path = given[`${name}_FILE`];
    if (path === undefined) return [];
    if (given[name] !== undefined) problems.push(`${name} and ${name}_FILE are both set: use one`);
    else
      try {
        return [[name, readFileSync(path, 'utf8').trim()]];
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
        problems.push(`${name}_FILE cannot be read (${code})`);
      }
    return [];
  });
  return { ...given, ...Object.fromEntries(read) };
}
