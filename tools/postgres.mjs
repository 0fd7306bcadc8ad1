// A PostgreSQL for tests and measurements: a cluster of its own in a temporary folder, removed at the end. `node
// tools/postgres.mjs` alone runs one until Ctrl-C and prints its URL; vitest takes the default export as a global set-up.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  appendFileSync,
  chownSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const installCommand = 'apt-get update && apt-get install -y --no-install-recommends postgresql';
const startAttemptsMax = 3;
const isRoot = process.getuid?.() === 0;

/** The folder of PostgreSQL's binaries; installs the distribution's package where there is none, which takes root. */
export function ensurePostgres() {
  const found = findBinaries();
  if (found !== undefined) return found;
  if (!isRoot || !existsSync('/usr/bin/apt-get'))
    throw new Error(
      `The tests need PostgreSQL's binaries. Install them, for example with: sudo sh -c '${installCommand}'`,
    );
  console.log(`Installing PostgreSQL for the tests: ${installCommand}`);
  spawnSync('sh', ['-c', installCommand], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  const installed = findBinaries();
  if (installed === undefined) throw new Error('PostgreSQL was not installed; see above.');
  return installed;
}

/** Starts a server; `stop` ends it and removes all it had, and so does the end of this process, however it ends. */
export async function startPostgres() {
  const binaries = ensurePostgres();
  const account = serverAccount();
  // The server's account must be able to reach the folder, so root's own temporary folder will not do.
  const directory = mkdtempSync(join(isRoot ? '/tmp' : tmpdir(), 'vestige-postgres-'));
  if (account.uid !== undefined) chownSync(directory, account.uid, account.gid);
  const server = { binaries, account, directory, data: join(directory, 'data') };
  const stop = watch(server);
  try {
    initialise(server);
    const port = await startOnFreePort(server);
    return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, ...server, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** vitest's global set-up: a test finds the server under `inject('postgres')`. */
export default async function setUpForTests(project) {
  const { url, binaries, account, data, directory, stop } = await startPostgres();
  project.provide('postgres', { url, binaries, account, data, directory });
  return stop;
}

function findBinaries() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  return [
    ...(process.env.PATH ?? '').split(delimiter),
    ...versions
      .toSorted((a, b) => Number(b) - Number(a))
      .map((version) => join(debian, version, 'bin')),
  ].find((folder) => ['initdb', 'pg_ctl', 'postgres'].every((name) => isProgram(folder, name)));
}

function isProgram(folder, name) {
  try {
    accessSync(join(folder, name), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** PostgreSQL refuses to run as root: root hands over to the account that the package made. */
function serverAccount() {
  if (!isRoot) return {};
  const name = ['postgres', 'nobody'].find((user) => idOf('-u', user) !== undefined);
  if (name === undefined) throw new Error('PostgreSQL needs an account other than root.');
  return { uid: idOf('-u', name), gid: idOf('-g', name) };
}

function idOf(option, user) {
  const { status, stdout } = spawnSync('id', [option, user], { encoding: 'utf8' });
  return status === 0 ? Number(stdout) : undefined;
}

/**
 * A shell that waits for its input to end: at `stop`, or when this process is gone, be it by SIGKILL. It has a session of
 * its own, so that Ctrl-C does not reach it.
 */
function watch({ binaries, account, directory, data }) {
  const script = 'read _; "$1/pg_ctl" -D "$2" -m immediate -w stop; cd /; rm -rf "$3"';
  const watcher = spawn('sh', ['-c', script, 'sh', binaries, data, directory], {
    ...account,
    detached: true,
    cwd: directory,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.unref();
  watcher.stdin.unref?.();
  const gone = once(watcher, 'exit');
  return async () => {
    watcher.ref();
    watcher.stdin.end();
    await gone;
  };
}

function initialise(server) {
  // Sorting as English does, where it can be had: as most servers do, and unlike bytes, so that a test sees a difference.
  const locale = majorVersion(server) >= 15 ? ['--locale-provider=icu', '--icu-locale=en-US'] : [];
  const options = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'];
  runAs(server, 'initdb', ['-D', server.data, ...options, ...locale]);
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: server.directory,
    fsync: 'on',
    synchronous_commit: 'on',
    max_connections: 200,
    shared_buffers: '128MB',
  };
  appendFileSync(
    join(server.data, 'postgresql.conf'),
    Object.entries(settings)
      .map(([name, value]) => `${name} = '${value}'\n`)
      .join(''),
  );
}

function majorVersion(server) {
  return Number(/\d+/.exec(runAs(server, 'postgres', ['--version']))?.[0]);
}

/** Somebody may take the port between our look and the start, so a failed start is tried on another. */
async function startOnFreePort(server) {
  const log = join(server.directory, 'log');
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      runAs(server, 'pg_ctl', ['-D', server.data, '-l', log, '-w', '-o', `-p ${port}`, 'start']);
      return port;
    } catch (error) {
      if (attempt === startAttemptsMax)
        throw new Error(`PostgreSQL did not start:\n${readFileSync(log, 'utf8')}`, {
          cause: error,
        });
    }
  }
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

function runAs({ binaries, account, directory }, program, args) {
  const { status, error, stdout, stderr } = spawnSync(join(binaries, program), args, {
    ...account,
    cwd: directory,
    encoding: 'utf8',
  });
  if (status !== 0)
    throw new Error(`${program} failed: ${stderr || (error?.message ?? '')}`, { cause: error });
  return stdout;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url, stop } = await startPostgres();
  console.log(url);
  const running = setInterval(() => {}, 1_000_000);
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => {
      clearInterval(running);
      void stop();
    });
}
