import { type ChildProcess, spawn } from 'node:child_process';
import { linkSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, open, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { SecretRef } from '@vestige/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { efiSecret } from './efi-secret.ts';
import { unwatched, type WipeResult } from './secret-source.ts';

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

const list = () => efiSecret(directory).list(unwatched);

function wipe(name: string, filesystemOf?: () => Promise<string>): Promise<WipeResult> {
  const source = { kind: 'efi-secret', path: directory } as const;
  const secret: SecretRef = { source, name, guid: name };
  return efiSecret(directory, filesystemOf).wipe(secret, unwatched);
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

  it('says that somebody truncated a secret of the kernel', async () => {
    const { detail } = await efiSecret(directory, onSecurityfs).list(unwatched);
    expect(detail).toContain('truncate: 1');
  });
});

describe('wiping a plain file', () => {
  it('leaves zeros in the file that was there, and no name', async () => {
    linkSync(join(directory, diskKey), join(directory, 'other-name'));
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
    expect(readFileSync(join(directory, 'other-name')).every((byte) => byte === 0)).toBe(true);
    expect(await readdir(directory)).toStrictEqual(['other-name']);
  });

  it('keeps the length of a file that is longer than one chunk', async () => {
    writeFileSync(join(directory, unknown), 'x'.repeat(200_000));
    linkSync(join(directory, unknown), join(directory, 'other-name'));
    expect(await wipe(unknown)).toMatchObject({ evidence: { bytesOverwritten: 200_000 } });
    const left = readFileSync(join(directory, 'other-name'));
    expect(left.equals(Buffer.alloc(200_000))).toBe(true);
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
