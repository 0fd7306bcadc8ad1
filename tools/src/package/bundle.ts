import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { build, type Rolldown } from 'vite';

/** A package some of whose code is in the bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** Where its `package.json` is. */
  readonly directory: string;
  readonly dependencies: readonly string[];
}

export interface Bundle {
  readonly code: string;
  /** By name. */
  readonly packages: readonly BundledPackage[];
}

/** The agent from its sources as one script, in which koffi is only the loader of its native file. */
export async function bundle(root: string): Promise<Bundle> {
  const packaging = join(root, 'apps/agent/packaging');
  const built = await build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    ssr: { noExternal: true, resolve: { conditions: ['source', 'node', 'import', 'default'] } },
    resolve: { alias: { koffi: join(packaging, 'koffi.mjs') } },
    build: {
      ssr: join(packaging, 'vestige-agent.mjs'),
      write: false,
      minify: false,
      target: 'node20',
      // The comments that name each module's file are relative to it.
      rolldownOptions: { cwd: root, output: { codeSplitting: false } },
    },
  });
  const { code, modules } = onlyChunk(built as Rolldown.RolldownOutput);
  const rendered = Object.entries(modules).filter(([, { renderedLength }]) => renderedLength > 0);
  return { code, packages: packagesOf(rendered.map(([id]) => id)) };
}

/** What is known of the package in a directory. */
export function readPackage(directory: string): BundledPackage {
  const text = readFileSync(join(directory, 'package.json'), 'utf8');
  const {
    name,
    version,
    license,
    dependencies = {},
  } = JSON.parse(text) as {
    name: string;
    version: string;
    license: string;
    dependencies?: Record<string, string>;
  };
  return { name, version, licence: license, directory, dependencies: Object.keys(dependencies) };
}

function onlyChunk({ output }: Rolldown.RolldownOutput): Rolldown.OutputChunk {
  const [chunk, ...others] = output;
  if (others.length > 0) throw new Error('the agent is more than one script');
  return chunk;
}

/** The bundler's own few lines of runtime come from no file. */
function packagesOf(modules: readonly string[]): BundledPackage[] {
  const files = modules.filter((id) => id.startsWith('/'));
  const directories = new Set(files.map((file) => packageDirectory(dirname(file))));
  return [...directories]
    .map((directory) => readPackage(directory))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** Folders within a package may hold a `package.json` that only states the kind of modules. */
function packageDirectory(directory: string): string {
  const path = join(directory, 'package.json');
  const isNamed = existsSync(path) && 'name' in (JSON.parse(readFileSync(path, 'utf8')) as object);
  return isNamed ? directory : packageDirectory(dirname(directory));
}
