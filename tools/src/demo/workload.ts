import { closeSync, openSync, readSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** What a guest's programs do with its secrets, as the fleet starts them. */
interface Workload {
  readonly source: 'efi-secret' | 'table';
  readonly place: string;
  readonly unlocks: readonly string[];
  readonly rereads: readonly string[];
}

/** Seconds between two reads of the same secret by the application. */
const rereadSeconds = { min: 15, max: 40 };

/** Reads a file to its end into one buffer that is then zeroed; false where the file is gone, as after a wipe. */
function useSecret(path: string): boolean {
  const buffer = Buffer.alloc(4096);
  try {
    const file = openSync(path, 'r');
    while (readSync(file, buffer, 0, buffer.length, null) > 0);
    closeSync(file);
    return true;
  } catch {
    return false;
  } finally {
    buffer.fill(0);
  }
}

function pathOf(workload: Workload, guid: string): string {
  return workload.source === 'table' ? workload.place : join(workload.place, guid);
}

/** Reads each key once and unlinks it, as `systemd-cryptsetup` does with a key file and `keyfile-erase`. */
async function unlock(workload: Workload): Promise<void> {
  for (const guid of workload.unlocks) {
    await pause(2000);
    if (useSecret(pathOf(workload, guid))) unlinkSync(pathOf(workload, guid));
  }
}

/** Reads each secret now and then, as an application that holds nothing in memory. */
async function reread(workload: Workload): Promise<void> {
  let alive = workload.rereads;
  while (alive.length > 0) {
    const { min, max } = rereadSeconds;
    alive = alive.filter((guid) => useSecret(pathOf(workload, guid)));
    await pause((min + Math.random() * (max - min)) * 1000);
  }
}

const workload = JSON.parse(process.argv[2] ?? '{}') as Workload;
await unlock(workload);
await reread(workload);
// Its secrets are gone; a guest's programs do not end for that.
setInterval(() => undefined, 3_600_000);
