import { createHash } from 'node:crypto';

import type { BundledPackage } from './bundle.ts';

/** A package with its hash as package-lock.json has it (`sha512-` and base64); null for one of this repository. */
export interface Component extends BundledPackage {
  readonly integrity: string | null;
}

export interface Contents {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly seconds: number;
  readonly archive: Buffer;
  /** Built or taken over from a package, by name. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly components: readonly Component[];
  /** Packages of which another one's code is in the files. */
  readonly standsFor: Readonly<Record<string, string>>;
  /** What the agent itself asks for. */
  readonly dependencies: readonly string[];
}

/** The bill of materials in CycloneDX 1.6: exactly the packages whose code is in the files. */
export function buildSbom(contents: Contents): string {
  const { name, version, licence, archive, files, components } = contents;
  const application = {
    type: 'application',
    'bom-ref': `${name}@${version}`,
    name,
    version,
    licenses: [{ license: { id: licence } }],
    hashes: [sha256(archive)],
    components: [...files].map(([file, bytes]) => ({
      type: 'file',
      name: file,
      hashes: [sha256(bytes)],
    })),
  };
  const content = {
    metadata: {
      timestamp: new Date(contents.seconds * 1000).toISOString(),
      component: application,
    },
    components: components.map((component) => describe(component)),
    dependencies: [
      { ref: application['bom-ref'], dependsOn: refsOf(contents, contents.dependencies) },
      ...components.map((component) => ({
        ref: purl(component),
        dependsOn: refsOf(contents, component.dependencies),
      })),
    ],
  };
  const head = { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: serial(content) };
  return `${JSON.stringify({ ...head, version: 1, ...content }, null, 2)}\n`;
}

function describe(component: Component): object {
  const { name, version, licence, integrity } = component;
  const [group, local] = name.startsWith('@') ? name.split('/') : [undefined, name];
  return {
    type: 'library',
    'bom-ref': purl(component),
    group,
    name: local,
    version,
    licenses: [{ license: { id: licence } }],
    purl: purl(component),
    hashes: integrity === null ? undefined : [sha512(integrity)],
  };
}

/** A package of this repository is in no registry, where its name may be somebody else's. */
function purl({ name, version, integrity }: Component): string {
  return integrity === null
    ? `pkg:generic/${name.replace('@', '')}@${version}`
    : `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function refsOf({ components, standsFor }: Contents, names: readonly string[]): string[] {
  const meant = names.map((name) => standsFor[name] ?? name);
  return components.filter(({ name }) => meant.includes(name)).map((found) => purl(found));
}

function sha256(bytes: Buffer): object {
  return { alg: 'SHA-256', content: createHash('sha256').update(bytes).digest('hex') };
}

function sha512(integrity: string): object {
  const [algorithm, digest = ''] = integrity.split('-');
  if (algorithm !== 'sha512') throw new Error(`package-lock.json has ${algorithm}, not sha512`);
  return { alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') };
}

/** A UUID of version 8 (RFC 9562) that stands for the content, as two builds of one are the same. */
function serial(content: object): string {
  const hash = createHash('sha256').update(JSON.stringify(content)).digest();
  hash[6] = 0x80 | (hash[6]! & 0x0f);
  hash[8] = 0x80 | (hash[8]! & 0x3f);
  const hex = hash.toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return `urn:uuid:${[...parts, hex.slice(20, 32)].join('-')}`;
}
