// `npm test`: sets up, then runs every check and test; ends with one line of counts and a non-zero code if any failed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ensurePostgres } from './postgres.mjs';
import { setUp } from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const counts = { passed: 0, failed: 0, skipped: 0 };

setUp();
ensureChromium();
ensurePostgres();
step('types of the dashboard', ['npm', 'run', 'typecheck', '--workspace', 'apps/web']);
step('lint', ['npx', 'oxlint']);
step('format', ['npx', 'oxfmt', '--check', '.']);
suite('unit, property, HTTP, kernel and crash tests', ['unit', 'http', 'real']);
suite('PostgreSQL', ['postgres']);
suite('the whole system', ['e2e']);
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed === 0 ? 0 : 1);

/** The browser test needs Chromium; it is never downloaded from elsewhere than the distribution. */
function ensureChromium() {
  if (['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].some(existsSync))
    return;
  const command = 'apt-get update && apt-get install -y --no-install-recommends chromium';
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.error(
      `The browser test needs Chromium. Install it, for example with: sudo sh -c '${command}'`,
    );
    process.exit(1);
  }
  console.log(`Installing Chromium for the browser test: ${command}`);
  if (!succeeds(['sh', '-c', command])) process.exit(1);
}

function step(what, command) {
  console.log(`\n== ${what}`);
  if (succeeds(command)) counts.passed += 1;
  else counts.failed += 1;
}

function suite(what, projects) {
  console.log(`\n== ${what}`);
  const folder = mkdtempSync(join(tmpdir(), 'vestige-test-'));
  const report = join(folder, 'report.json');
  const names = projects.flatMap((name) => ['--project', name]);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const ok = succeeds(['npx', 'vitest', 'run', ...reporters, ...names]);
  const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
  rmSync(folder, { recursive: true, force: true });
  counts.passed += result.numPassedTests ?? 0;
  counts.skipped += result.numPendingTests ?? 0;
  // A file that cannot even be loaded fails the run without failing a test.
  counts.failed += result.numFailedTests || (ok ? 0 : 1);
}

function succeeds([command, ...args]) {
  return (
    spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0
  );
}
