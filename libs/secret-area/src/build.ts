import type { FileHandle } from 'node:fs/promises';

import { SecretAreaError } from './error.ts';
import { type BuildOptions, layOut, type Plan } from './lay-out.ts';
import { encodeHeader, headerBytes, tableGuid } from './layout.ts';

export interface NewEntry {
  guid: string;
  data: Uint8Array;
}

/**
 * Builds the image of a secret table that Linux accepts and lists in full: no null GUID, no GUID twice, at most 64
 * entries. The result holds the secrets; fill it with zeros when done.
 */
export function buildTable(entries: readonly NewEntry[], options: BuildOptions = {}): Uint8Array {
  const sizes = entries.map(({ guid, data }) => ({ guid, dataLength: data.length }));
  const plan = layOut(sizes, options);
  const image = frame(plan);
  for (const [index, { offset }] of plan.places.entries()) {
    image.set(entries[index]!.data, offset + headerBytes);
  }
  return image;
}

/** Where a secret comes from; its bytes are copied once, into the image. */
export interface SecretSource {
  guid: string;
  dataLength: number;
  /** Fills `target`, which has `dataLength` bytes. */
  copyInto(target: Uint8Array): Promise<void>;
}

/** Takes `data` over: it is zero once it is in the image. */
export function bytesSource(guid: string, data: Uint8Array): SecretSource {
  return {
    guid,
    dataLength: data.length,
    async copyInto(target) {
      target.set(data);
      data.fill(0);
    },
  };
}

/** All of a regular file, read straight into the image. The handle stays the caller's to close. */
export async function fileSource(guid: string, handle: FileHandle): Promise<SecretSource> {
  const stats = await handle.stat();
  if (!stats.isFile()) throw new SecretAreaError('not-a-file', 0);
  const dataLength = stats.size;
  return { guid, dataLength, copyInto: (target) => readWhole(handle, target) };
}

async function readWhole(handle: FileHandle, target: Uint8Array): Promise<void> {
  let done = 0;
  while (done < target.length) {
    const { bytesRead } = await handle.read(target, done, target.length - done, done);
    if (bytesRead === 0) throw new SecretAreaError('source-changed', done);
    done += bytesRead;
  }
  if ((await handle.stat()).size !== done) throw new SecretAreaError('source-changed', done);
}

/** The same as `buildTable`, from sources. Where one fails, what was copied so far is zeroed. */
export async function buildFrom(
  sources: readonly SecretSource[],
  options: BuildOptions = {},
): Promise<Uint8Array> {
  const plan = layOut(sources, options);
  const image = frame(plan);
  try {
    for (const [index, { offset }] of plan.places.entries()) {
      const source = sources[index]!;
      const start = offset + headerBytes;
      await source.copyInto(image.subarray(start, start + source.dataLength));
    }
    return image;
  } catch (error) {
    image.fill(0);
    throw error;
  }
}

/** The image without its secrets. */
function frame({ places, tableLength, areaSize }: Plan): Uint8Array {
  const image = new Uint8Array(areaSize);
  image.set(encodeHeader({ guid: tableGuid, length: tableLength }));
  for (const { guid, offset, length } of places) {
    image.set(encodeHeader({ guid, length }), offset);
  }
  return image;
}
