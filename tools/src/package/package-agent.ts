import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { buildArchive, type PackedFile } from './archive.ts';
import { bundle, type BundledPackage, readPackage } from './bundle.ts';
import { buildNotice, readLicence } from './notice.ts';
import { buildSbom, type Component } from './sbom.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const packaging = join(root, 'apps/agent/packaging');
const koffi = join(root, 'node_modules/koffi');
const native = join(root, 'node_modules/@koromix/koffi-linux-x64');

/** Taken over as they are, but for the version in them. */
const texts = [
  'README',
  'vestige-agent.service',
  'vestige-agent.openrc',
  'dracut/90vestige-agent/module-setup.sh',
];

/** Makes the agent's package, its bill of materials and their hashes in a directory; gives the package's path. */
export async function packageAgent(outDir: string): Promise<string> {
  const { version, licence, dependencies } = readPackage(join(root, 'apps/agent'));
  const { code, packages } = await bundle(root);
  const files = new Map([
    ['vestige-agent.mjs', Buffer.from(code)],
    ['koffi.node', readFileSync(join(native, 'linux_x64/koffi.node'))],
  ]);
  const foreign = packages.filter(({ directory }) => directory.includes('/node_modules/'));
  const notice = buildNotice(version, [...foreign.map(inScript), ...inNative()]);
  const seconds = changeSeconds();
  const archive = buildArchive(pack(`vestige-agent-${version}`, version, files, notice), seconds);
  const sbom = buildSbom({
    name: 'vestige-agent',
    version,
    licence,
    seconds,
    archive,
    files,
    components: [readPackage(native), ...packages]
      .filter(({ name }) => name !== '@vestige/agent')
      .map(withIntegrity),
    standsFor: { koffi: readPackage(native).name },
    dependencies,
  });
  return write(outDir, version, { archive, sbom });
}

function pack(
  folder: string,
  version: string,
  files: ReadonlyMap<string, Buffer>,
  notice: string,
): PackedFile[] {
  const copied = texts.map((name) => {
    const text = readFileSync(join(packaging, name), 'utf8').replaceAll('@VERSION@', version);
    return [name, Buffer.from(text)] as const;
  });
  const legal = [
    ['LICENSE', readFileSync(join(root, 'LICENSE'))],
    ['NOTICE', Buffer.from(notice)],
  ] as const;
  return [...files, ...copied, ...legal].map(([name, bytes]) => ({
    path: `${folder}/${name}`,
    bytes,
    isProgram: bytes.subarray(0, 2).toString() === '#!',
  }));
}

function inScript(found: BundledPackage): { title: string; licence: string } {
  const title = `${found.name} ${found.version} (in vestige-agent.mjs)`;
  return { title, licence: readLicence(found, found.directory) };
}

/** The native file is koffi's, compiled with the headers that come with its sources. */
function inNative(): { title: string; licence: string }[] {
  const { name, version } = readPackage(koffi);
  const found = readPackage(native);
  return [
    koffi,
    ...['node-addon-api', 'node-api-headers'].map((part) => join(koffi, 'vendor', part)),
  ]
    .map((directory) => ({ directory, part: directory.slice(koffi.length) }))
    .map(({ directory, part }) => ({
      title: `${name} ${version}${part} (in koffi.node)`,
      licence: readLicence(found, directory),
    }));
}

function withIntegrity(found: BundledPackage): Component {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { integrity?: string }>;
  };
  const { integrity } = lock.packages[found.directory.slice(root.length)] ?? {};
  return { ...found, integrity: integrity ?? null };
}

/** One time for all files: SOURCE_DATE_EPOCH (reproducible-builds.org) or the commit's; 1980 where there is neither. */
function changeSeconds(): number {
  const given = process.env['SOURCE_DATE_EPOCH'] ?? commitSeconds() ?? '315532800';
  if (!/^\d{1,10}$/.test(given)) throw new RangeError('SOURCE_DATE_EPOCH is a number of seconds');
  return Number(given);
}

function commitSeconds(): string | null {
  const { status, stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], {
    cwd: root,
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : null;
}

function write(
  outDir: string,
  version: string,
  { archive, sbom }: { archive: Buffer; sbom: string },
): string {
  const made = [
    { name: `vestige-agent-${version}-linux-x64.tar.gz`, bytes: archive },
    { name: `vestige-agent-${version}.cdx.json`, bytes: Buffer.from(sbom) },
  ];
  const sums = made.map(({ name, bytes }) => {
    return `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`;
  });
  mkdirSync(outDir, { recursive: true });
  for (const { name, bytes } of made) writeFileSync(join(outDir, name), bytes);
  writeFileSync(join(outDir, 'SHA256SUMS'), sums.join(''));
  return join(outDir, made[0]!.name);
}
