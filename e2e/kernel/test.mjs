// `npm run test:kernel`: sets up, builds what is missing of the guests, and runs the tests on both kernels; ends with one
// line of counts and a non-zero code if any failed. What it builds is kept; see README.md.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { setUp } from '../../tools/setup.mjs';
import { buildAgentImage } from './build/images.mjs';
import { ensurePackages } from './build/packages.mjs';
import { kernels, partsOf } from './build/parts.mjs';

const root = join(import.meta.dirname, '../..');
const config = join(import.meta.dirname, 'vitest.config.mjs');
const chosen = process.argv[2] === undefined ? kernels : [process.argv[2]];

setUp();
try {
  ensurePackages(chosen);
  for (const version of chosen) buildAgentImage(partsOf(version).agentImage);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const counts = runTests();
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed === 0 ? 0 : 1);

function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'vestige-kernel-test-'));
  const report = join(folder, 'report.json');
  const projects = chosen.flatMap((version) => ['--project', `linux-${version}`]);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const args = ['vitest', 'run', `--config=${config}`, ...reporters, ...projects];
  const { status } = spawnSync('npx', args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
  rmSync(folder, { recursive: true, force: true });
  // A file that cannot even be loaded fails the run without failing a test.
  const failed = result.numFailedTests || (status === 0 ? 0 : 1);
  return { passed: result.numPassedTests ?? 0, failed, skipped: result.numPendingTests ?? 0 };
}
