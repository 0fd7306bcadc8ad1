import { spawn } from 'node:child_process';
import {
  copyFileSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

import { findInMemory, readMemory } from './memory.mjs';
import { Monitor } from './monitor.mjs';

const memoryMegabytes = 512;
const firmwares = ['/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_CODE.fd'];

/** Where the ends of QEMU's channels are among its descriptors. */
const channels = { console: 3, loader: 4, shell: 5, monitor: 6 };

/**
 * A machine under QEMU with the real efi_secret module. Its memory is a file, so that it can be searched from outside.
 * `area` is the content of its secret area; without one there is none.
 */
export class Guest {
  #folder = mkdtempSync(join(tmpdir(), 'vestige-guest-'));
  #qemu;
  #monitor;
  #answers;
  #area = null;
  #ended;

  /** Resolves once the guest takes commands. */
  static async boot(parts, { area, autoload = true, cmdline = '' }) {
    const guest = new Guest();
    guest.#layDown(parts, area, `vestige.autoload=${Number(autoload)} ${cmdline}`);
    guest.#start(parts);
    await guest.#monitor.open();
    await guest.#answer('boot', 120);
    return guest;
  }

  /** Runs shell commands as root and gives what they printed; throws where the last one fails. */
  async run(commands, { seconds = 60, status: wanted = 0 } = {}) {
    const { status, output } = await this.try(commands, seconds);
    if (status !== wanted) throw new Error(`${commands}: exit code ${status}\n${output}`);
    return output;
  }

  async try(commands, seconds = 60) {
    const line = Buffer.from(commands).toString('base64');
    this.#qemu.stdio[channels.shell].write(`${line}\n`);
    const [status, output] = (await this.#answer(commands, seconds)).split(' ');
    return { status: Number(status), output: Buffer.from(output, 'base64').toString() };
  }

  /** The bytes of the secret area, as they are in memory now. */
  areaBytes() {
    return this.#whileStopped((memory) => readMemory(memory, this.#area.address, this.#area.size));
  }

  /** How often each of the byte strings is in the secret area, and elsewhere in memory. */
  async find(...needles) {
    const { address, size } = this.#area;
    const isInside = (at) => at >= address && at < address + size;
    const found = await this.#whileStopped((memory) => findInMemory(memory, needles));
    return found.map((addresses) => ({
      area: addresses.filter(isInside).length,
      elsewhere: addresses.filter((at) => !isInside(at)).length,
    }));
  }

  async stop() {
    this.#qemu.kill('SIGKILL');
    await this.#ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get consoleLog() {
    return join(this.#folder, 'console.log');
  }

  #layDown({ loader, kernel, initramfs }, area, cmdline) {
    const at = (name) => join(this.#folder, name);
    mkdirSync(at('esp/EFI/BOOT'), { recursive: true });
    copyFileSync(loader, at('esp/EFI/BOOT/BOOTX64.EFI'));
    copyFileSync(join(kernel, 'bzImage'), at('esp/bzImage'));
    copyFileSync(initramfs, at('esp/initramfs'));
    if (area !== undefined) writeFileSync(at('area'), area);
    const always = 'console=ttyS0 initrd=\\initramfs panic=-1';
    writeFileSync(at('cmdline'), `${always} ${cmdline}`.trim());
    copyFileSync(firmware().replace('CODE', 'VARS'), at('variables'));
  }

  #start({ hostImage, agentImage }) {
    const area = existsSync(join(this.#folder, 'area')) ? fromFirmware('area') : [];
    const args = [
      ...machine,
      ...area,
      ...fromFirmware('cmdline'),
      ...disk('esp', 'fat:esp', ',bootindex=0'),
      ...disk('host', hostImage),
      ...disk('agent', agentImage),
    ];
    // setpriv: QEMU ends when this process does, even where that is killed.
    this.#qemu = spawn('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...args], {
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'pipe', ...Object.values(channels).map(() => 'pipe')],
    });
    this.#ended = new Promise((resolve) => this.#qemu.once('exit', resolve));
    const { console, loader, shell, monitor } = channels;
    const log = createWriteStream(this.consoleLog);
    for (const fd of [1, 2, console]) this.#qemu.stdio[fd].pipe(log, { end: false });
    this.#monitor = new Monitor(this.#qemu.stdio[monitor]);
    this.#listenToLoader(this.#qemu.stdio[loader]);
    this.#answers = createInterface({ input: this.#qemu.stdio[shell] })[Symbol.asyncIterator]();
  }

  #listenToLoader(stream) {
    let address = 0;
    createInterface({ input: stream }).on('line', (line) => {
      const [, what, value] = /^loader: (area|size)=(0x[0-9a-f]+)$/.exec(line) ?? [];
      if (what === 'area') address = Number(value);
      if (what === 'size') this.#area = { address, size: Number(value) };
    });
  }

  async #answer(commands, seconds) {
    const end = new AbortController();
    const late = pause(seconds * 1000, 'late', { signal: end.signal }).catch(() => undefined);
    const dead = this.#ended.then(() => 'dead');
    const answer = await Promise.race([this.#answers.next(), late, dead]);
    end.abort();
    if (answer === 'late') throw new Error(`not done after ${seconds} s: ${commands}`);
    if (answer === 'dead' || answer.done) throw new Error(`the guest died: ${commands}`);
    return answer.value;
  }

  /** The guest's clock stands still meanwhile, so that none of its timers notices. */
  async #whileStopped(look) {
    await this.#monitor.execute('stop');
    try {
      return look(join(this.#folder, 'memory'));
    } finally {
      await this.#monitor.execute('cont');
    }
  }
}

function firmware() {
  return firmwares.find((path) => existsSync(path));
}

const machine = [
  ['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
  ['-accel', 'tcg', '-cpu', 'max', '-smp', '1', '-m', `${memoryMegabytes}`],
  ['-machine', 'q35,memory-backend=memory'],
  ['-object', `memory-backend-file,id=memory,size=${memoryMegabytes}M,mem-path=memory,share=on`],
  ['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${firmware()}`],
  ['-drive', 'if=pflash,unit=1,format=raw,file=variables'],
  ['-device', 'virtio-rng-pci'],
  ['-netdev', 'user,id=net,ipv6=off', '-device', 'virtio-net-pci,netdev=net,romfile='],
  ...Object.entries(channels).map(([name, fd]) => ['-chardev', `socket,id=${name},fd=${fd}`]),
  ['-mon', 'chardev=monitor,mode=control'],
  ['-serial', 'chardev:console', '-device', 'isa-debugcon,chardev=loader,iobase=0xe9'],
  ['-device', 'virtio-serial-pci'],
  ['-device', 'virtserialport,chardev=shell,name=vestige.shell'],
].flat();

function fromFirmware(name) {
  return ['-fw_cfg', `name=opt/vestige/${name},file=${name}`];
}

function disk(id, file, more = '') {
  const drive = `if=none,id=${id},format=raw,readonly=on,file=${file}`;
  return ['-drive', drive, '-device', `virtio-blk-pci,drive=${id}${more}`];
}
