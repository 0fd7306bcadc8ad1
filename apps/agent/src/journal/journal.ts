import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';

import type { Observation } from '@vestige/contract';

import {
  acknowledgedPath,
  type BootDirectory,
  createBoot,
  listBoots,
  listSegments,
  readAcknowledged,
  type Segment,
  segmentPath,
  setAsidePath,
  syncDirectory,
} from './boot-directory.ts';
import { damageGap, listUntold, markTold, restOf, setAside } from './damaged-boot.ts';
import { isFull, JournalError } from './journal-error.ts';
import { decodeRecords, encodeRecord, holdsRecord } from './record.ts';

export interface JournalOptions {
  dir: string;
  boot: string;
  /** All boots together; by default half of the room that the disk has at the time, and no more than 64 MiB. */
  bytesMax?: number;
  /** By default a small part of all, and no more than 1 MiB: room is only made by dropping whole segments. */
  segmentBytes?: number;
  /** Makes a descriptor's data durable. */
  sync?: (fd: number) => void;
}

export interface AppendOptions {
  /** Lets the record that tells of a full journal use the room kept for it. */
  intoReserve?: boolean;
}

const bytesMaxDefault = 64 * 1024 * 1024;
const segmentBytesMost = 1024 * 1024;
const segmentBytesLeast = 4096;
const segmentsAtBound = 8;
const reserveBytes = 16 * 1024;

/**
 * The write side: one writer, in the observer's worker. What `append` returned for is durable and is never lost to a
 * kill; a record that a kill tore is cut off on open, and its seq is given out again, as nobody was told of it.
 */
export class Journal {
  readonly resumed: boolean;
  readonly #options: JournalOptions & { sync: (fd: number) => void };
  readonly #directory: BootDirectory;
  #segment: Segment;
  #fd: number;
  #nextSeq: number;
  #bytesTotal: number;
  #bytesMax: number;
  #ackedThrough: number;
  readonly #untold: BootDirectory[];
  #isBroken = false;

  constructor(options: JournalOptions) {
    mkdirSync(options.dir, { recursive: true, mode: 0o700 });
    this.#options = { sync: fdatasyncSync, ...options };
    const known = listBoots(options.dir).find(({ boot }) => boot === options.boot);
    this.resumed = known !== undefined;
    this.#directory = known ?? createBoot(options.dir, options.boot);
    const opened = openLastSegment(this.#directory);
    this.#segment = opened.segment;
    this.#fd = opened.fd;
    this.#nextSeq = opened.nextSeq;
    this.#ackedThrough = readAcknowledged(this.#directory);
    this.#untold = listUntold(options.dir);
    for (const directory of listBoots(options.dir))
      if (directory.boot !== options.boot) this.#settleEarlier(directory);
    this.#bytesTotal = bytesOf(options.dir);
    this.#bytesMax = this.#bytesMaxNow();
  }

  get nextSeq(): number {
    return this.#nextSeq;
  }

  /** Makes the batch durable with one sync, and gives the seq of its first record. */
  append(observations: readonly Observation[], options: AppendOptions = {}): number {
    if (this.#isBroken) throw new JournalError('closed', 'the journal takes no more records');
    const firstSeq = this.#nextSeq;
    const bytes = Buffer.concat(
      observations.map((observation, index) =>
        encodeRecord(firstSeq + index, JSON.stringify(observation)),
      ),
    );
    const reserve = options.intoReserve === true ? 0 : reserveBytes;
    try {
      this.#place(bytes, reserve);
    } catch (error) {
      if (!isFull(error) || !this.#dropAcknowledged()) throw error;
      this.#place(bytes, reserve);
    }
    this.#nextSeq += observations.length;
    return firstSeq;
  }

  /** The service has the boot's records up to `through`; whole segments of such are dropped. */
  acknowledge(boot: string, through: number): void {
    const directory = listBoots(this.#options.dir).find((known) => known.boot === boot);
    if (directory === undefined) return;
    if (through > readAcknowledged(directory)) writeAcknowledged(directory, through);
    if (directory.boot === this.#directory.boot) {
      this.#ackedThrough = Math.max(this.#ackedThrough, through);
      dropSegments(directory, through);
    } else this.#settleEarlier(directory);
    this.#bytesTotal = bytesOf(this.#options.dir);
    this.#bytesMax = this.#bytesMaxNow();
  }

  /** Tells of earlier boots that turned out to be damaged, in the room that is kept. */
  tellDamage(now: string): void {
    for (let one = this.#untold[0]; one !== undefined; one = this.#untold[0]) {
      this.append([damageGap(one, now)], { intoReserve: true });
      markTold(one);
      this.#untold.shift();
    }
  }

  close(): void {
    if (this.#fd === -1) return;
    this.#isBroken = true;
    closeSync(this.#fd);
    this.#fd = -1;
  }

  #place(bytes: Buffer, reserve: number): void {
    this.#requireRoom(bytes.length, reserve);
    if (this.#segment.bytes >= this.#segmentBytes) this.#roll();
    this.#write(bytes);
  }

  /**
   * Drops a boot that is delivered wholly, and keeps what cannot be delivered out of the way of what can. What the disk does
   * not let be settled now must not stop this boot's records, and is settled at the next start.
   */
  #settleEarlier(directory: BootDirectory): void {
    try {
      const rest = restOf(directory);
      if (rest === 'records') return;
      if (rest === 'nothing') return rmSync(directory.path, { recursive: true });
      setAside(directory);
      this.#untold.push({ ...directory, path: setAsidePath(directory) });
    } catch {}
  }

  get #segmentBytes(): number {
    const part = Math.floor(this.#bytesMax / segmentsAtBound);
    const fitting = Math.min(segmentBytesMost, Math.max(segmentBytesLeast, part));
    return this.#options.segmentBytes ?? fitting;
  }

  /** The disk may have got room since the bound was found. */
  #requireRoom(bytes: number, reserve: number): void {
    if (this.#bytesTotal + bytes <= this.#bytesMax - reserve) return;
    this.#bytesMax = this.#bytesMaxNow();
    if (this.#bytesTotal + bytes <= this.#bytesMax - reserve) return;
    throw new JournalError('full', `the journal is at its bound of ${this.#bytesMax} bytes`);
  }

  #bytesMaxNow(): number {
    return this.#options.bytesMax ?? bytesMaxOn(this.#options.dir, this.#bytesTotal);
  }

  /** Makes room of the segment that is being written, where the service has all of it; false where it has not. */
  #dropAcknowledged(): boolean {
    if (this.#segment.bytes === 0 || this.#ackedThrough < this.#nextSeq - 1) return false;
    this.#roll();
    dropSegments(this.#directory, this.#ackedThrough);
    this.#bytesTotal = bytesOf(this.#options.dir);
    return true;
  }

  /** What lies at the next segment's place can only be left from a roll that failed: no record has that seq yet. */
  #roll(): void {
    const path = segmentPath(this.#directory, this.#nextSeq);
    let fd: number;
    try {
      fd = openSync(path, 'w', 0o600);
    } catch (error) {
      throw writeError(error);
    }
    try {
      syncDirectory(this.#directory.path);
    } catch (error) {
      closeSync(fd);
      throw writeError(error);
    }
    closeSync(this.#fd);
    this.#fd = fd;
    this.#segment = { firstSeq: this.#nextSeq, path, bytes: 0 };
  }

  #write(bytes: Buffer): void {
    const start = this.#segment.bytes;
    try {
      for (let done = 0; done < bytes.length;) {
        done += writeSync(this.#fd, bytes, done, bytes.length - done, start + done);
      }
      this.#options.sync(this.#fd);
    } catch (error) {
      this.#undo(start, error);
    }
    this.#segment.bytes += bytes.length;
    this.#bytesTotal += bytes.length;
  }

  /** A full disk may be freed again. After any other error nobody knows what is on the disk, so nothing more is written. */
  #undo(start: number, error: unknown): never {
    this.#isBroken = writeError(error).code !== 'full';
    try {
      ftruncateSync(this.#fd, start);
    } catch {
      this.#isBroken = true;
    }
    throw this.#isBroken ? new JournalError('io', writeError(error).message) : writeError(error);
  }
}

function writeError(error: unknown): JournalError {
  const cause = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  const code = cause === 'ENOSPC' || cause === 'EDQUOT' ? 'full' : 'io';
  return new JournalError(code, `the journal cannot be written: ${cause}`);
}

function openLastSegment(directory: BootDirectory): {
  segment: Segment;
  fd: number;
  nextSeq: number;
} {
  const last = listSegments(directory).at(-1);
  const path = last?.path ?? segmentPath(directory, 0);
  const firstSeq = last?.firstSeq ?? 0;
  const fd = openSync(path, last === undefined ? 'wx' : 'r+', 0o600);
  if (last === undefined) syncDirectory(directory.path);
  const bytes = readFileSync(path);
  const { records, validBytes } = decodeRecords(bytes, firstSeq);
  if (holdsRecord(bytes.subarray(validBytes))) {
    closeSync(fd);
    throw new JournalError('corrupt', `${path} is damaged at byte ${validBytes}`);
  }
  if (validBytes < bytes.length) ftruncateSync(fd, validBytes);
  fdatasyncSync(fd);
  return {
    segment: { firstSeq, path, bytes: validBytes },
    fd,
    nextSeq: firstSeq + records.length,
  };
}

function dropSegments(directory: BootDirectory, through: number): void {
  const segments = listSegments(directory);
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    if (next !== undefined && next.firstSeq - 1 <= through) rmSync(segment.path);
  }
}

/** Renamed into place, so that it is never half written; not synced, as a lost one only repeats a delivery. */
function writeAcknowledged(directory: BootDirectory, through: number): void {
  const path = acknowledgedPath(directory);
  writeFileSync(`${path}.new`, `${through}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** On a disk that the journal filled, the ledger could not be saved any more, and so the journal never be emptied. */
function bytesMaxOn(journalDir: string, bytesTotal: number): number {
  const { bavail, bsize } = statfsSync(journalDir);
  return Math.min(bytesMaxDefault, Math.floor((bavail * bsize + bytesTotal) / 2));
}

function bytesOf(journalDir: string): number {
  return listBoots(journalDir)
    .flatMap(listSegments)
    .reduce((sum, segment) => sum + segment.bytes, 0);
}
