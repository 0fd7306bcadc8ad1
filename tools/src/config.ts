import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What `npm start` takes from the environment; the parts check their own settings again. */
export interface StartConfig {
  readonly dataDir: string;
  readonly apiPort: number;
  readonly webPort: number;
  readonly demoGuests: number;
  readonly bootstrapToken: string;
}

/** More would not show more, and every guest is a process. */
const demoGuestsMax = 16;

/** Reads the settings of `npm start`; throws one error that names everything that is wrong. */
export function readStartConfig(env: NodeJS.ProcessEnv = process.env): StartConfig {
  const wrong: string[] = [];
  const whole = (name: string, fallback: number, max: number): number => {
    const value = env[name] ?? String(fallback);
    if (/^\d{1,6}$/.test(value) && Number(value) <= max) return Number(value);
    wrong.push(`${name} must be a whole number from 0 to ${max}; it is "${value}".`);
    return fallback;
  };
  const dataDir = resolve(env['VESTIGE_DATA_DIR'] ?? 'data');
  const apiPort = whole('VESTIGE_API_PORT', 4000, 65_535);
  const webPort = whole('VESTIGE_WEB_PORT', 3000, 65_535);
  const demoGuests = whole('VESTIGE_DEMO', 3, demoGuestsMax);
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return { dataDir, apiPort, webPort, demoGuests, bootstrapToken: bootstrapToken(env, dataDir) };
}

/** The token with which the demo enrols its guests: the given one, or one that stays in the data dir. */
function bootstrapToken(env: NodeJS.ProcessEnv, dataDir: string): string {
  const given = env['VESTIGE_BOOTSTRAP_TOKEN'];
  if (given !== undefined) return given;
  const givenFile = env['VESTIGE_BOOTSTRAP_TOKEN_FILE'];
  if (givenFile !== undefined) return readFileSync(givenFile, 'utf8').trim();
  const file = join(dataDir, 'demo', 'bootstrap-token');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  mkdirSync(join(dataDir, 'demo'), { recursive: true, mode: 0o700 });
  const token = randomBytes(32).toString('base64url');
  writeFileSync(file, token, { mode: 0o600 });
  return token;
}
