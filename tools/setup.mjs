// Makes a checkout ready: installs what the lock file says and builds what has changed. Runs on a bare Node, before any
// dependency is there; a second run with nothing changed takes a second.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

export function setUp() {
  requireNode();
  install();
  run('Compiling', 'npx', ['tsc', '-b']);
  buildWeb();
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(
    `Vestige needs Node 20.19 or later; this is ${process.version}. Install a newer one from your distribution.`,
  );
}

function install() {
  const stamp = join(root, 'node_modules', '.vestige-installed');
  const wanted = digest([join(root, 'package-lock.json')]);
  if (isStamped(stamp, wanted)) return;
  run('Installing the dependencies (some minutes: SQLite is compiled)', 'npm', [
    'ci',
    '--no-audit',
    '--no-fund',
  ]);
  writeFileSync(stamp, wanted);
}

function buildWeb() {
  const stamp = join(root, 'apps/web/.next', 'vestige-built');
  const wanted = digest([
    join(root, 'package-lock.json'),
    ...filesBelow('apps/web', ['node_modules', '.next']),
    ...filesBelow('libs/contract/src', []),
  ]);
  if (isStamped(stamp, wanted)) return;
  run('Building the dashboard', 'npm', ['run', 'build', '--workspace', 'apps/web']);
  writeFileSync(stamp, wanted);
}

function filesBelow(folder, without) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() && !entry.name.endsWith('.tsbuildinfo') && entry.name !== 'next-env.d.ts',
    )
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !without.some((name) => path.includes(`/${name}/`)))
    .toSorted();
}

function digest(files) {
  const hash = createHash('sha256').update(process.versions.modules);
  for (const file of files) hash.update(file.slice(root.length)).update(readFileSync(file));
  return hash.digest('hex');
}

function isStamped(stamp, wanted) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
}

function run(what, command, args) {
  console.log(`${what}: ${command} ${args.join(' ')}`);
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1' },
  });
  if (status !== 0) fail(`"${command} ${args.join(' ')}" failed; what it printed above says why.`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp();
