import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  issueEnrolmentToken,
  listSecrets,
  listWipeTargets,
  requestWipe,
  secretTimeline,
  type EventData,
} from '@vestige/contract';
import { buildTable } from '@vestige/secret-area';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Canary } from './canary.ts';
import { System } from './system.ts';
import { until } from './until.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const guid = '736869e5-84f0-4973-92ec-06879ce3da0b';
const otherGuid = '83c83f7f-1356-4975-8b7e-d3a0b54312c6';
const tableGuid = '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d';
const { version } = JSON.parse(readFileSync(join(root, 'apps/agent/package.json'), 'utf8')) as {
  version: string;
};
const folderName = `vestige-agent-${version}`;
const made = [`${folderName}-linux-x64.tar.gz`, `${folderName}.cdx.json`, 'SHA256SUMS'];

interface Sbom {
  metadata: {
    component: {
      hashes: { content: string }[];
      components: { name: string; hashes: { content: string }[] }[];
    };
  };
  components: {
    group?: string;
    name: string;
    version: string;
    purl: string;
    licenses: { license: { id: string } }[];
    hashes?: unknown[];
  }[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

function makePackage(outDir: string): void {
  execFileSync(process.execPath, ['tools/package-agent.mjs', '--built', '--out', outDir], {
    cwd: root,
    // A commit between two builds would make them differ.
    env: { ...process.env, SOURCE_DATE_EPOCH: '1700000000' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** `node_modules/@scope/name/...` or `apps/agent/...`, as the script's comments name each module. */
function packageOf(path: string): string {
  const parts = path.split('/');
  if (parts[0] !== 'node_modules') return `@vestige/${parts[1]}`;
  return parts[1]!.startsWith('@') ? `${parts[1]}/${parts[2]}` : parts[1]!;
}

/** Why the tests that change the root directory cannot run here; null where they can. */
function whyNoChroot(): string | null {
  if (process.getuid?.() !== 0) return 'needs root';
  const { status } = spawnSync('unshare', ['--mount', 'sh', '-c', 'mount -t tmpfs none /mnt']);
  return status === 0 ? null : 'no mount may be made here';
}

/** A directory that holds Node, the libraries that it and the native file name, and the package. */
function makeEmptyRoot(directory: string, folder: string): void {
  const node = realpathSync(process.execPath);
  const libraries = [node, join(folder, 'koffi.node')].flatMap((file) => {
    const named = execFileSync('ldd', [file], { encoding: 'utf8' });
    return [...named.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path!);
  });
  for (const path of new Set(libraries)) {
    mkdirSync(join(directory, dirname(path)), { recursive: true });
    cpSync(realpathSync(path), join(directory, path));
  }
  cpSync(node, join(directory, 'node'));
  cpSync(folder, join(directory, folderName), { recursive: true });
  for (const name of ['proc', 'dev', 'state', 'secrets']) mkdirSync(join(directory, name));
  writeFileSync(join(directory, 'dev/null'), '');
}

/** `node vestige-agent.mjs` in that directory, with /proc and /dev/null and nothing else mounted. */
function inRoot(directory: string, args: readonly string[]): [string, string[]] {
  const prepare =
    'mount -t proc proc "$1/proc" && mount --bind /dev/null "$1/dev/null" && exec chroot "$@"';
  const agent = ['/node', `/${folderName}/vestige-agent.mjs`, ...args];
  return ['unshare', ['--mount', 'sh', '-c', prepare, 'sh', directory, ...agent]];
}

describe('the package of the agent', () => {
  const system = new System();
  const out = join(system.folder, 'out');
  const unpacked = join(system.folder, 'unpacked');
  const folder = join(unpacked, folderName);
  let sbom: Sbom;

  beforeAll(() => {
    makePackage(out);
    mkdirSync(unpacked);
    execFileSync('tar', ['-xzf', join(out, made[0]!), '-C', unpacked]);
    sbom = JSON.parse(readFileSync(join(out, made[1]!), 'utf8')) as Sbom;
  });
  afterAll(() => system.stop());

  it('is the same bytes whenever it is made', () => {
    const again = join(system.folder, 'again');
    makePackage(again);
    for (const name of made) {
      expect(sha256(readFileSync(join(again, name)))).toBe(sha256(readFileSync(join(out, name))));
    }
    execFileSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: out });
  });

  it('holds one script, one native file, what starts it, and the licences of all that is in it', () => {
    const names = filesBelow(folder).map((path) => path.slice(folder.length + 1));
    expect(names.toSorted()).toEqual([
      'LICENSE',
      'NOTICE',
      'README',
      'dracut/90vestige-agent/module-setup.sh',
      'koffi.node',
      'vestige-agent.mjs',
      'vestige-agent.openrc',
      'vestige-agent.service',
    ]);
    const notice = readFileSync(join(folder, 'NOTICE'), 'utf8');
    for (const part of ['zod 4', 'koffi 3', 'node-addon-api', 'MIT'])
      expect(notice).toContain(part);
    for (const name of ['README', 'vestige-agent.openrc', 'vestige-agent.service'])
      expect(readFileSync(join(folder, name), 'utf8')).toContain(version);
  });

  it('holds no path of this machine, no map of sources and no code of tests', () => {
    const traces = [root, homedir(), system.folder, '/node_modules/.', 'sourceMappingURL'];
    const tests = ['.test.ts', 'src/testing/', 'vitest', 'fast-check', '.real.'];
    for (const path of filesBelow(folder)) {
      const text = readFileSync(path, 'latin1');
      const found = [...traces, ...tests].filter(
        (trace) => trace.length > 1 && text.includes(trace),
      );
      // Its makers' native file names files of their machine.
      expect({ path, found: path.endsWith('.node') ? [] : found }).toEqual({ path, found: [] });
    }
  });

  it('names in its bill of materials exactly the packages whose code it holds', () => {
    const script = readFileSync(join(folder, 'vestige-agent.mjs'), 'utf8');
    const modules = [...script.matchAll(/^\/\/(?:#region)? ((?:node_modules|apps|libs)\/\S+)$/gm)];
    const packages = new Set(modules.map(([, path]) => packageOf(path!)));
    packages.delete('@vestige/agent');
    packages.add('@koromix/koffi-linux-x64');
    const listed = sbom.components.map(({ group, name }) =>
      group === undefined ? name : `${group}/${name}`,
    );
    expect(listed.toSorted()).toEqual([...packages].toSorted());
    expect(script).not.toContain('@koromix');
    for (const { purl, licenses, hashes, version: listedVersion } of sbom.components) {
      expect(purl.endsWith(`@${listedVersion}`)).toBe(true);
      expect(licenses[0]!.license.id).toMatch(/^(MIT|Apache-2\.0)$/);
      expect(hashes?.length ?? 0).toBe(purl.startsWith('pkg:npm/') ? 1 : 0);
    }
  });

  it('is the package that its bill of materials has the hashes of', () => {
    const { hashes, components } = sbom.metadata.component;
    expect(hashes[0]!.content).toBe(sha256(readFileSync(join(out, made[0]!))));
    for (const { name, hashes: ofFile } of components)
      expect(ofFile[0]!.content).toBe(sha256(readFileSync(join(folder, name))));
    const refs = new Set(sbom.dependencies.map(({ ref }) => ref));
    for (const { dependsOn } of sbom.dependencies)
      expect(dependsOn.filter((ref) => !refs.has(ref))).toEqual([]);
  });

  const hasSystemd = existsSync('/usr/bin/systemd-analyze');
  it.skipIf(!hasSystemd)('has a unit that systemd finds nothing wrong with', ({ skip }) => {
    if (!existsSync('/usr/bin/node')) skip('the unit names /usr/bin/node, which is not here');
    const unit = join(folder, 'vestige-agent.service');
    const verified = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
    expect(verified.stderr).toBe('');
    expect(verified.status).toBe(0);
    const rated = spawnSync('systemd-analyze', ['security', '--offline=true', unit], {
      encoding: 'utf8',
    });
    expect(Number(/exposure level for \S+: ([\d.]+)/.exec(rated.stdout)?.[1])).toBeLessThanOrEqual(
      3.5,
    );
  });

  it('has scripts that their shells can parse', () => {
    const scripts = { sh: 'vestige-agent.openrc', bash: 'dracut/90vestige-agent/module-setup.sh' };
    for (const [shell, script] of Object.entries(scripts)) {
      const parsed = spawnSync(shell, ['-n', join(folder, script)], { encoding: 'utf8' });
      expect(parsed).toMatchObject({ status: 0, stderr: '' });
    }
  });
});

const chrootRefused = whyNoChroot();
const because = chrootRefused === null ? '' : ` (skipped: ${chrootRefused})`;

describe.skipIf(chrootRefused !== null)(`the package where nothing but Node is${because}`, () => {
  const system = new System();
  const emptyRoot = join(system.folder, 'root');
  const folder = join(system.folder, folderName);
  const secrets = join(emptyRoot, 'secrets');
  const canary = new Canary();
  const started: ChildProcess[] = [];

  /** Enrols and starts an agent by the command; resolves when it watches. */
  const start = async (
    name: string,
    command: (args: readonly string[]) => [string, string[]],
    options: { stateDir: string; source: string },
  ): Promise<ChildProcess> => {
    const { token } = await system.api(issueEnrolmentToken, { body: {} });
    const port = new URL(system.apiUrl).port;
    const args = ['run', `--api=http://127.0.0.1:${port}`, `--name=${name}`];
    const [program, programArgs] = command([
      ...args,
      `--state-dir=${options.stateDir}`,
      `--enrolment-token=${token}`,
      `--source=efi-secret:${options.source}`,
    ]);
    const agent = spawn(program, programArgs, { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
    started.push(agent);
    let said = '';
    agent.stderr.on('data', (text: Buffer) => (said += text.toString()));
    await until(`${name} to watch by permission events`, async () => {
      if (agent.exitCode !== null) throw new Error(`${name} ended: ${said}`);
      return said.includes('watched by fanotify-permission') ? true : undefined;
    });
    return agent;
  };

  const runHere = (args: readonly string[]) => {
    const [program, programArgs] = inRoot(emptyRoot, args);
    return spawnSync(program, programArgs, { cwd: '/', encoding: 'utf8' });
  };

  const secretOf = async (wanted: string) => {
    const { items } = await system.api(listSecrets, { query: { guid: wanted } });
    return items[0];
  };

  /** The reader of the first read that the service knows of. */
  const readerOf = (wanted: string) =>
    until(`the read of ${wanted} at the service`, async () => {
      const secret = await secretOf(wanted);
      if (secret === undefined || secret.reads === 0) return undefined;
      const { items } = await system.api(secretTimeline, { params: { id: secret.id } });
      const read = items.find(({ type }) => type === 'secret.read')!;
      return (read.data as unknown as EventData<'secret.read'>).reader;
    });

  beforeAll(async () => {
    const out = join(system.folder, 'out');
    makePackage(out);
    execFileSync('tar', ['-xzf', join(out, made[0]!), '-C', system.folder]);
    makeEmptyRoot(emptyRoot, folder);
    await system.startApi();
  });
  afterAll(async () => {
    await Promise.all(started.map(async (agent) => end(agent)));
    await system.stop();
  });

  it('explains itself', () => {
    expect(runHere(['--help']).stdout).toContain('vestige-agent run --api URL');
    expect(runHere(['--version']).stdout).toBe(`${version}\n`);
  });

  it('lists the secrets of a table image', () => {
    const table = buildTable([{ guid: tableGuid, data: canary.bytes }], { areaSize: 4096 });
    writeFileSync(join(emptyRoot, 'area.img'), table);
    const { stdout, status } = runHere(['scan', '--source', 'table:/area.img', '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      sources: [
        {
          source: { kind: 'table', path: '/area.img' },
          condition: 'populated',
          secrets: [{ guid: tableGuid, dataLength: canary.bytes.length }],
        },
      ],
    });
  });

  it('speaks plain HTTP to this machine only, unless it is told to', () => {
    const args = ['run', '--state-dir=/state', '--enrolment-token=t', '--api=http://192.0.2.1'];
    const { stderr, status } = runHere(args);
    expect(status).toBe(2);
    expect(stderr).toContain('--allow-http');
  });

  it('runs there, holds a reader, and its read arrives at the service', async () => {
    writeFileSync(join(secrets, guid), canary.bytes);
    await start('chroot', (args) => inRoot(emptyRoot, args), {
      stateDir: '/state',
      source: '/secrets',
    });
    const { pid } = spawnSync('cat', [join(secrets, guid)]);
    expect(await readerOf(guid)).toMatchObject({ pid, uid: 0, comm: 'cat' });
  });

  it('keeps no byte of a secret', () => {
    expect(canary.filesBelow(join(emptyRoot, 'state'), folder)).toEqual([]);
  });

  it('sees another user’s program, wipes and verifies with the capabilities of its unit', async () => {
    const directory = system.layDown('coco', { [otherGuid]: canary.bytes });
    chmodSync(system.folder, 0o755);
    chmodSync(join(directory, otherGuid), 0o644);
    const unit = readFileSync(join(folder, 'vestige-agent.service'), 'utf8');
    const bounding = /^CapabilityBoundingSet=(CAP_.*)$/m.exec(unit)![1]!.toLowerCase();
    const capabilities = ['-all', ...bounding.split(' ').map((name) => name.replace('cap_', '+'))];
    const limits = [
      `--bounding-set=${capabilities.join(',')}`,
      '--inh-caps=-all',
      '--no-new-privs',
    ];
    const limited = (args: readonly string[]): [string, string[]] => {
      const agent = [process.execPath, join(folder, 'vestige-agent.mjs'), ...args];
      return ['unshare', ['--mount', 'setpriv', ...limits, ...agent]];
    };
    const stateDir = join(system.folder, 'limited');
    await start('limited', limited, { stateDir, source: directory });
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];
    const { pid } = spawnSync('setpriv', [...nobody, 'cat', join(directory, otherGuid)]);
    const cat = realpathSync(execFileSync('which', ['cat'], { encoding: 'utf8' }).trim());
    expect(await readerOf(otherGuid)).toMatchObject({ pid, uid: 65534, comm: 'cat', exe: cat });

    const holder = spawn(
      'setpriv',
      [...nobody, 'sh', '-c', 'exec 3<"$1"; read x', 'sh', join(directory, otherGuid)],
      {
        stdio: ['pipe', 'ignore', 'inherit'],
      },
    );
    started.push(holder);
    const { id } = (await secretOf(otherGuid))!;
    const order = await system.api(requestWipe, {
      body: { select: { secrets: [id] }, reason: 'a test' },
    });
    const evidence = await until('the evidence of the wipe', async () => {
      const { items } = await system.api(listWipeTargets, { params: { id: order.id! } });
      return items[0]?.evidence ?? undefined;
    });
    expect(existsSync(join(directory, otherGuid))).toBe(false);
    expect(evidence.verification).toMatchObject({ result: 'pass', holders: [{ uid: 65534 }] });
  });
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await gone;
}
