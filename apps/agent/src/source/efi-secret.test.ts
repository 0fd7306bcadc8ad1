import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, open, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { SecretRef } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { efiSecret } from './efi-secret.ts';
import { itemsMax, type OwnAccess, unwatched, type WipeResult } from './secret-source.ts';

const diskKey = '736869e5-84f0-4973-92ec-06879ce3da0b';
const unknown = '2ab2ef60-c3ec-4e7e-a83e-6a3f2a9d91d4';
const content = 'correct horse battery staple';

let directory: string;
let holder: ChildProcess | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vestige-coco-'));
  writeFileSync(join(directory, diskKey), content, { mode: 0o440 });
});

afterEach(() => {
  holder?.kill();
  holder = undefined;
  rmSync(directory, { recursive: true });
});

/** Stands in for the one thing a test machine lacks: a directory that is on securityfs. */
const onSecurityfs = async (): Promise<string> => 'securityfs';

/** Stands in for a disk that fails. */
async function cannotLook(): Promise<string> {
  throw Object.assign(new Error('told to fail'), { code: 'EIO' });
}

const list = () => efiSecret(directory).list(unwatched);

function wipe(
  name: string,
  filesystemOf?: () => Promise<string>,
  ownAccess = unwatched,
): Promise<WipeResult> {
  const source = { kind: 'efi-secret', path: directory } as const;
  const secret: SecretRef = { source, name, guid: name };
  return efiSecret(directory, filesystemOf).wipe(secret, ownAccess);
}

/** Lets somebody act after the file was overwritten and read back, and before it is unlinked. */
function afterOverwriting(act: () => void): OwnAccess {
  let openings = 0;
  return async (access) => {
    const result = await access();
    openings += 1;
    if (openings === 2) act();
    return result;
  };
}

async function hold(name: string): Promise<number> {
  const file = await open(join(directory, name));
  holder = spawn('/usr/bin/sleep', ['60'], { stdio: [file.fd, 'ignore', 'ignore'] });
  await file.close();
  return holder.pid ?? 0;
}

describe('listing a directory of secrets', () => {
  it('takes regular files named by a GUID in lower case for secrets, and nothing else', async () => {
    writeFileSync(join(directory, unknown), '');
    writeFileSync(join(directory, unknown.toUpperCase()), 'x');
    writeFileSync(join(directory, 'README'), 'x');
    await mkdir(join(directory, '00000000-0000-4000-8000-000000000001'));
    symlinkSync(diskKey, join(directory, '00000000-0000-4000-8000-000000000002'));
    const listing = await list();
    expect(listing.items.map(({ secret }) => secret.name).toSorted()).toStrictEqual(
      [unknown, diskKey].toSorted(),
    );
    expect(listing.detail).toContain('no regular file): 4');
  });

  it('names a known usage, and no length where only reading would tell', async () => {
    const [plain] = (await list()).items;
    expect(plain).toMatchObject({ dataLength: 28, usage: 'LUKS/GRUB disk passphrase (luks-key)' });
    const [real] = (await efiSecret(directory, onSecurityfs).list(unwatched)).items;
    expect(real?.dataLength).toBeNull();
  });

  it('calls an empty directory empty and a missing one absent', async () => {
    expect((await efiSecret(join(directory, 'none')).list(unwatched)).condition).toBe('absent');
    rmSync(join(directory, diskKey));
    expect((await list()).condition).toBe('empty');
  });

  it('says that secrets are readable by everybody where they are', async () => {
    expect((await list()).capabilities).not.toContain('world-readable');
    writeFileSync(join(directory, unknown), 'x', { mode: 0o644 });
    expect((await list()).capabilities).toContain('world-readable');
  });

  it('lists no more than it can watch over, and says that it did not', async () => {
    for (let n = 0; n <= itemsMax; n += 1) {
      const name = `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
      writeFileSync(join(directory, name), '');
    }
    const { items, isComplete, detail } = await list();
    expect([items.length, isComplete]).toStrictEqual([itemsMax, false]);
    expect(detail).toContain('2 are not listed');
  });

  it('does not say that secrets are gone which it cannot look at', async () => {
    const { items, isComplete, detail } = await efiSecret(directory, cannotLook).list(unwatched);
    expect([items, isComplete, detail]).toStrictEqual([[], false, 'Cannot be listed: EIO.']);
  });

  it('says that somebody truncated a secret of the kernel', async () => {
    const { detail } = await efiSecret(directory, onSecurityfs).list(unwatched);
    expect(detail).toContain('truncate: 1');
  });
});

describe('wiping a plain file', () => {
  it('leaves zeros in the file that was there, and no name', async () => {
    const before = await open(join(directory, diskKey));
    const result = await wipe(diskKey);
    expect(result).toMatchObject({
      wiped: true,
      evidence: {
        technique: 'overwrite-unlink',
        bytesOverwritten: 28,
        synced: true,
        verification: { nameGone: true, readBackZero: true, holders: [], result: 'pass' },
      },
    });
    expect(await before.readFile()).toStrictEqual(Buffer.alloc(28));
    await before.close();
    expect(await readdir(directory)).toStrictEqual([]);
  });

  it('keeps the length of a file that is longer than one chunk', async () => {
    writeFileSync(join(directory, unknown), 'x'.repeat(200_000));
    const before = await open(join(directory, unknown));
    expect(await wipe(unknown)).toMatchObject({ evidence: { bytesOverwritten: 200_000 } });
    expect((await before.readFile()).equals(Buffer.alloc(200_000))).toBe(true);
    await before.close();
  });

  it('says what overwriting cannot promise', async () => {
    const result = await wipe(diskKey, async () => 'btrfs');
    expect(result.wiped && result.evidence.caveats.join(' ')).toContain('freed, not overwritten');
  });

  it('touches nothing that is no secret', async () => {
    symlinkSync(diskKey, join(directory, unknown));
    expect(await wipe(unknown)).toMatchObject({ wiped: false, reason: 'refused' });
    expect(await wipe('../x')).toMatchObject({ wiped: false, reason: 'refused' });
    expect(readFileSync(join(directory, diskKey), 'utf8')).toBe(content);
  });

  it('overwrites nothing that has a name outside the source, too', async () => {
    linkSync(join(directory, diskKey), join(directory, 'outside'));
    expect(await wipe(diskKey)).toMatchObject({ wiped: false, reason: 'refused' });
    expect(readFileSync(join(directory, 'outside'), 'utf8')).toBe(content);
    expect((await list()).detail).toContain('further names, through which reads are not seen: 1');
  });

  it('does not fill the disk for a sparse file that is no secret', async () => {
    writeFileSync(join(directory, unknown), '');
    truncateSync(join(directory, unknown), 2 ** 40);
    expect(await wipe(unknown)).toMatchObject({ wiped: false, reason: 'refused' });
  });

  it('never touches what somebody puts in place of the file, or of its directory, meanwhile', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'vestige-elsewhere-'));
    const outside = join(elsewhere, diskKey);
    writeFileSync(outside, content);
    const attacks: ((aside: string) => void)[] = [
      (aside) => {
        renameSync(directory, aside);
        symlinkSync(elsewhere, directory);
      },
      (aside) => {
        mkdirSync(aside);
        renameSync(join(directory, diskKey), join(aside, diskKey));
        symlinkSync(outside, join(directory, diskKey));
      },
    ];
    for (const [index, attack] of attacks.entries()) {
      const aside = join(elsewhere, `aside-${index}`);
      await wipe(
        diskKey,
        undefined,
        afterOverwriting(() => attack(aside)),
      );
      expect(readFileSync(outside, 'utf8')).toBe(content);
      rmSync(directory, { recursive: true });
      mkdirSync(directory);
      writeFileSync(join(directory, diskKey), content);
    }
    rmSync(elsewhere, { recursive: true });
  });

  it('does not say wiped where another file had the name when it was to be unlinked', async () => {
    const replace = afterOverwriting(() => {
      renameSync(join(directory, diskKey), join(directory, 'moved'));
      writeFileSync(join(directory, diskKey), 'another secret');
    });
    const result = await wipe(diskKey, undefined, replace);
    expect(result).toMatchObject({ wiped: false, reason: 'not-verified' });
    expect(readFileSync(join(directory, diskKey), 'utf8')).toBe('another secret');
  });

  it('neither opens nor waits for a pipe', async () => {
    execFileSync('mkfifo', [join(directory, unknown)]);
    expect(await wipe(unknown)).toMatchObject({ wiped: false, reason: 'refused' });
  });

  it('says that a name which is not there is already gone', async () => {
    expect(await wipe(unknown)).toMatchObject({ wiped: false, reason: 'already-gone' });
  });
});

describe('wiping on securityfs', () => {
  it('leaves the zeroing to the kernel: it only unlinks', async () => {
    linkSync(join(directory, diskKey), join(directory, 'other-name'));
    const result = await wipe(diskKey, onSecurityfs);
    expect(result).toMatchObject({
      wiped: true,
      evidence: {
        technique: 'securityfs-unlink',
        bytesOverwritten: null,
        verification: { nameGone: true, readBackZero: null, holders: [], result: 'pass' },
      },
    });
    expect(readFileSync(join(directory, 'other-name'), 'utf8')).toBe(content);
  });

  it('does not count as verified while a process holds the secret open, and names it', async () => {
    const pid = await hold(diskKey);
    const result = await wipe(diskKey, onSecurityfs);
    expect(result.wiped && result.evidence.verification).toMatchObject({
      result: 'fail',
      holders: [{ pid, exe: expect.stringContaining('sleep') as string }],
    });
  });
});
