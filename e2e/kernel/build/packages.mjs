import { spawnSync } from 'node:child_process';

const toRun = ['qemu-system-x86', 'ovmf', 'util-linux', 'e2fsprogs'];
const toBuild = [
  'gcc',
  'libc6-dev',
  'make',
  'binutils',
  'gnu-efi',
  'busybox-static',
  'cpio',
  'kmod',
];
const toBuildKernels = ['flex', 'bison', 'bc', 'libelf-dev', 'libssl-dev', 'xz-utils'];

/** Installs what is missing of Debian's packages; without root or apt-get, says which command would. */
export function ensurePackages(kernels) {
  const sources = kernels.map((kernel) => `linux-source-${kernel}`);
  const missing = [...toRun, ...toBuild, ...toBuildKernels, ...sources].filter(
    (name) => !isInstalled(name),
  );
  if (missing.length === 0) return;
  const install = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !succeeds('apt-get', ['--version']))
    throw new Error(
      `The kernel tests need packages of Debian. Install them with: sudo sh -c '${install}'`,
    );
  console.log(`Installing what the kernel tests need: ${install}`);
  const isDone = succeeds('sh', ['-c', install], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (!isDone) throw new Error(`"${install}" failed; what it printed above says why.`);
}

function isInstalled(name) {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Status}', name], { encoding: 'utf8' });
  return stdout.includes('ok installed');
}

function succeeds(command, args, options = { stdio: 'ignore' }) {
  return spawnSync(command, args, options).status === 0;
}
