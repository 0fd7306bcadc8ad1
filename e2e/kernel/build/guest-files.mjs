import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { cached, execute, guestFolder } from './cache.mjs';

/** What a file depends on, besides what it is made from. */
const recipe = readFileSync(fileURLToPath(import.meta.url), 'utf8');

/** The UEFI program that stands in for a confidential guest's firmware. */
export function buildLoader() {
  const source = join(guestFolder, 'loader.c');
  return cached('loader.efi', [readFileSync(source, 'utf8'), recipe], (path) => {
    const [object, shared] = [`${path}.o`, `${path}.so`];
    const includes = ['-I/usr/include/efi', '-I/usr/include/efi/x86_64', '-DGNU_EFI_USE_MS_ABI'];
    const code = '-O2 -Wall -Wextra -fpic -ffreestanding -fno-stack-protector -fshort-wchar';
    const calls = '-mno-red-zone -maccumulate-outgoing-args -DEFI_FUNCTION_WRAPPER';
    const compile = [...includes, ...code.split(' '), ...calls.split(' ')];
    execute('gcc', [...compile, '-c', source, '-o', object]);
    const link = '-nostdlib -znocombreloc -shared -Bsymbolic -T /usr/lib/elf_x86_64_efi.lds';
    const libraries = ['-L/usr/lib', '-lefi', '-lgnuefi'];
    const parts = ['/usr/lib/crt0-efi-x86_64.o', object, ...libraries];
    execute('ld', [...link.split(' '), ...parts, '-o', shared]);
    const sections = '.text .sdata .data .rodata .dynamic .dynsym .rel .rela .rel.* .rela.* .reloc';
    const kept = sections.split(' ').flatMap((section) => ['-j', section]);
    execute('objcopy', [...kept, '--target', 'efi-app-x86_64', '--subsystem=10', shared, path]);
    for (const part of [object, shared]) rmSync(part);
  });
}

/** The first file system: busybox, the kernel's modules, our first process. Not compressed, as that costs more to undo. */
export function buildInitramfs(version, kernelFolder) {
  const release = readFileSync(join(kernelFolder, 'release'), 'utf8');
  const init = readFileSync(join(guestFolder, 'init'), 'utf8');
  const kernel = readFileSync(`${kernelFolder}.stamp`, 'utf8');
  return cached(`initramfs-${version}`, [init, kernel, recipe], (path) => {
    const root = `${path}.root`;
    makeRoot(root, init);
    cpSync(join(kernelFolder, 'modules'), join(root, 'lib/modules'), { recursive: true });
    execute('depmod', ['-b', root, release]);
    const archive = 'find . | cpio -o -H newc -R 0:0 --quiet';
    execute('sh', ['-c', `${archive} >"$1"`, 'sh', path], { cwd: root });
    rmSync(root, { recursive: true });
  });
}

function makeRoot(root, init) {
  rmSync(root, { recursive: true, force: true });
  const folders = 'bin sbin usr/bin usr/sbin proc sys dev tmp run root etc lib lib64 host agent';
  for (const folder of folders.split(' ')) mkdirSync(join(root, folder), { recursive: true });
  const busybox = execute('sh', ['-c', 'command -v busybox']).trim();
  cpSync(busybox, join(root, 'bin/busybox'));
  for (const applet of execute(busybox, ['--list']).trim().split('\n'))
    if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet));
  writeFileSync(join(root, 'init'), init, { mode: 0o755 });
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n',
  );
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n');
}
