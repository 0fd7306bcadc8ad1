import {
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { cache, cached, execute, guestFolder } from './cache.mjs';

const env = { ...process.env, KBUILD_BUILD_USER: 'vestige', KBUILD_BUILD_HOST: 'vestige' };

/** Debian's kernel of that version with our configuration: a folder with `bzImage`, `modules` and `release`. */
export function buildKernel(version) {
  const fragment = fragmentOf(version);
  const source = `/usr/src/linux-source-${version}.tar.xz`;
  const debian = execute('dpkg-query', ['-W', '-f', '${Version}', `linux-source-${version}`]);
  return cached(`linux-${version}`, [fragment, debian], (folder) => {
    const work = join(cache, 'build', version);
    unpack(source, join(work, 'source'), debian);
    configure(work, fragment);
    make(work, ['bzImage', 'modules']);
    keep(work, folder);
  });
}

/** A line that starts with '#6.1 ' is for that kernel only. */
function fragmentOf(version) {
  return readFileSync(join(guestFolder, 'kernel.config'), 'utf8')
    .split('\n')
    .map((line) => (line.startsWith(`#${version} `) ? line.slice(version.length + 2) : line))
    .filter((line) => /^(CONFIG_\w+=|# CONFIG_\w+ is not set)/.test(line));
}

function unpack(archive, folder, debian) {
  const stamp = join(folder, '.unpacked');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === debian) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  execute('tar', ['--strip-components=1', '-C', folder, '-xf', archive]);
  writeFileSync(stamp, debian);
}

/** A setting whose precondition is missing would be dropped without a word. */
function configure(work, fragment) {
  const [source, objects] = [join(work, 'source'), join(work, 'objects')];
  mkdirSync(objects, { recursive: true });
  writeFileSync(join(work, 'fragment'), `${fragment.join('\n')}\n`);
  execute('make', ['-C', source, `O=${objects}`, 'tinyconfig'], { env });
  const merge = join(source, 'scripts/kconfig/merge_config.sh');
  execute(merge, ['-m', '-O', '.', '.config', '../fragment'], { cwd: objects, env });
  make(work, ['olddefconfig']);
  const config = readFileSync(join(objects, '.config'), 'utf8').split('\n');
  const lost = fragment.filter((line) =>
    line.startsWith('#')
      ? config.some((other) => other.startsWith(`${line.split(' ')[1]}=`))
      : !config.includes(line),
  );
  if (lost.length > 0) throw new Error(`The configuration lost ${lost.join(', ')}`);
}

function make(work, targets) {
  const log = openSync(join(work, 'log'), 'a');
  const args = ['-C', join(work, 'objects'), `-j${availableParallelism()}`, ...targets];
  try {
    return execute('make', args, { stdio: ['ignore', log, log], env });
  } catch (error) {
    throw new Error(`The kernel does not build; see ${join(work, 'log')}`, { cause: error });
  }
}

function keep(work, folder) {
  const installed = join(work, 'installed');
  rmSync(installed, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  make(work, ['modules_install', `INSTALL_MOD_PATH=${installed}`, 'INSTALL_MOD_STRIP=1']);
  const release = readFileSync(join(work, 'objects/include/config/kernel.release'), 'utf8').trim();
  for (const link of ['build', 'source'])
    rmSync(join(installed, 'lib/modules', release, link), { force: true });
  cpSync(join(installed, 'lib/modules'), join(folder, 'modules'), { recursive: true });
  cpSync(join(work, 'objects/arch/x86/boot/bzImage'), join(folder, 'bzImage'));
  writeFileSync(join(folder, 'release'), release);
  rmSync(join(work, 'objects'), { recursive: true, force: true });
  rmSync(join(work, 'source'), { recursive: true, force: true });
}
