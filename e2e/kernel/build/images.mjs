import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { cached, execute } from './cache.mjs';

const checkout = fileURLToPath(new URL('../../..', import.meta.url));
/** What an image depends on, besides what it holds. */
const recipe = readFileSync(fileURLToPath(import.meta.url), 'utf8');
const coreutils = ['cat', 'dd'];

/** This machine's node and coreutils with their libraries, as a disk. */
export function buildHostImage() {
  const node = process.execPath;
  return cached('host.img', [process.version, node, recipe], (path) => {
    const root = `${path}.root`;
    rmSync(root, { recursive: true, force: true });
    for (const program of [node, ...coreutils.map((name) => join('/usr/bin', name))])
      addProgram(root, program);
    makeImage(root, path);
    rmSync(root, { recursive: true });
  });
}

/** The program, and below `lib` and `lib64` what it is linked to, as the loader looks for it there. */
function addProgram(root, program) {
  cpSync(program, join(root, 'bin', basename(program)), { dereference: true });
  const libraries = execute('ldd', [program]).match(/\/\S+\.so\S*/g) ?? [];
  for (const library of libraries) {
    const folder = library.startsWith('/lib64/') ? 'lib64' : 'lib/x86_64-linux-gnu';
    cpSync(library, join(root, folder, basename(library)), { dereference: true });
  }
}

/** A read-only disk with what is below `root`. */
export function makeImage(root, path) {
  const megabytes = Number(execute('du', ['-sm', root]).split('\t')[0]) + 24;
  rmSync(path, { force: true });
  const options = ['-q', '-t', 'ext4', '-O', '^has_journal,^metadata_csum', '-m', '0'];
  execute('mke2fs', [...options, '-d', root, path, `${megabytes}M`]);
}

/** The agent's package, as a disk with `vestige-agent.mjs` at its top. Made anew each time. */
export function buildAgentImage(path) {
  const root = `${path}.root`;
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  const out = join(root, 'out');
  const printed = execute('node', [join(checkout, 'tools/package-agent.mjs'), '--out', out]);
  const archive = printed.trim().split('\n').at(-1);
  execute('tar', ['--strip-components=1', '-C', root, '-xf', archive]);
  rmSync(out, { recursive: true });
  makeImage(root, path);
  rmSync(root, { recursive: true });
  return path;
}
