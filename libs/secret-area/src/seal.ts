import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

import { SecretAreaError } from './error.ts';
import { blockBytes, launchSecretBytesMax } from './layout.ts';

/*
 * The packet of LAUNCH_SECRET (AMD SEV API, 6.6, table 55), lengths little-endian:
 *
 *   header:   0         4               20                             52
 *             ├─────────┼───────────────┼──────────────────────────────┤
 *             │ flags=0 │ IV            │ MAC                          │
 *             └─────────┴───────────────┴──────────────────────────────┘
 *   payload:  AES-128-CTR(TEK, IV, table with zeros up to a block)
 *   MAC:      HMAC-SHA256(TIK, 0x01 | flags | IV | guest length u32 | packet length u32 | payload | launch measure)
 *
 *   launch measure (6.5.2): HMAC-SHA256(TIK, 0x04 | API major | API minor | build | policy u32 | digest | nonce),
 *   which the platform gives as 48 bytes: the measure (32), then its nonce (16).
 */

export const packetHeaderBytes = 52;
const keyBytes = 16;
const measureBytes = 32;
const nonceBytes = 16;

/** The guest owner's transport keys; fill them with zeros when done (`zeroKeys`). */
export interface TransportKeys {
  /** Transport integrity key. */
  tik: Uint8Array;
  /** Transport encryption key. */
  tek: Uint8Array;
}

/** Neither part is secret: both are made to cross an untrusted host. */
export interface LaunchPacket {
  header: Uint8Array;
  payload: Uint8Array;
}

/**
 * Seals a table for the one guest whose launch was measured. The keys must encrypt nothing else under the same IV, so it
 * is random unless a test says otherwise. Node keeps copies of the keys inside until its garbage collector runs.
 */
export function sealTable(
  table: Uint8Array,
  keys: TransportKeys,
  measured: Uint8Array,
  iv: Uint8Array = randomBytes(keyBytes),
): LaunchPacket {
  checkKeys(keys, iv);
  const measure = measureIn(measured);
  const length = Math.ceil(table.length / blockBytes) * blockBytes;
  if (length > launchSecretBytesMax) throw new SecretAreaError('packet-too-large', length);
  const cipher = createCipheriv('aes-128-ctr', keys.tek, iv);
  // CTR has no padding of its own: the zeros go through the cipher like data.
  const payload = Buffer.concat([
    cipher.update(table),
    cipher.update(new Uint8Array(length - table.length)),
    cipher.final(),
  ]);
  const header = Buffer.alloc(packetHeaderBytes);
  header.set(iv, 4);
  header.set(macOf(header, payload, keys.tik, measure), 20);
  return { header, payload };
}

/** Opens a packet as the firmware would, for tests and for checking one before it is sent. The result holds secrets. */
export function openPacket(
  { header, payload }: LaunchPacket,
  keys: TransportKeys,
  measured: Uint8Array,
): Uint8Array {
  checkPacket(header, payload);
  const iv = header.subarray(4, 20);
  checkKeys(keys, iv);
  const mac = macOf(header, payload, keys.tik, measureIn(measured));
  if (!timingSafeEqual(mac, header.subarray(20))) throw new SecretAreaError('mac-mismatch', 20);
  return createDecipheriv('aes-128-ctr', keys.tek, iv).update(payload);
}

function checkPacket(header: Uint8Array, payload: Uint8Array): void {
  const isHeader =
    header.length === packetHeaderBytes && header.subarray(0, 4).every((b) => b === 0);
  if (!isHeader || payload.length % blockBytes !== 0) {
    throw new SecretAreaError('malformed-packet', 0);
  }
  if (payload.length > launchSecretBytesMax) {
    throw new SecretAreaError('packet-too-large', payload.length);
  }
}

function macOf(
  header: Uint8Array,
  payload: Uint8Array,
  tik: Uint8Array,
  measure: Uint8Array,
): Uint8Array {
  const length = uint32(payload.length);
  return createHmac('sha256', tik)
    .update(Uint8Array.of(1))
    .update(header.subarray(0, 20))
    .update(length)
    .update(length)
    .update(payload)
    .update(measure)
    .digest();
}

/** What a platform must have measured for its launch measure to be right. */
export interface Launch {
  apiMajor: number;
  apiMinor: number;
  build: number;
  policy: number;
  /** SHA-256 of what was loaded: the firmware, and for SEV-ES its VMSAs. */
  digest: Uint8Array;
}

export function launchMeasure(launch: Launch, nonce: Uint8Array, tik: Uint8Array): Uint8Array {
  const { apiMajor, apiMinor, build, policy, digest } = launch;
  const versions = [apiMajor, apiMinor, build];
  const isRight =
    versions.every((value) => isUnsigned(value, 8)) &&
    isUnsigned(policy, 32) &&
    digest.length === measureBytes;
  if (!isRight || nonce.length !== nonceBytes) throw new SecretAreaError('malformed-measure', 0);
  if (tik.length !== keyBytes) throw new SecretAreaError('malformed-key', 0);
  return createHmac('sha256', tik)
    .update(Uint8Array.of(4, ...versions))
    .update(uint32(policy))
    .update(digest)
    .update(nonce)
    .digest();
}

function isUnsigned(value: number, bits: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 2 ** bits;
}

/** Whether the 48 bytes that a platform gave are the measure of this launch: check before sealing. */
export function isMeasureOf(measured: Uint8Array, launch: Launch, tik: Uint8Array): boolean {
  if (measured.length !== measureBytes + nonceBytes) {
    throw new SecretAreaError('malformed-measure', 0);
  }
  const expected = launchMeasure(launch, measured.subarray(measureBytes), tik);
  return timingSafeEqual(expected, measured.subarray(0, measureBytes));
}

export function zeroKeys({ tik, tek }: TransportKeys): void {
  tik.fill(0);
  tek.fill(0);
}

/** The command for QEMU's monitor; without `gpa` QEMU takes the area that the firmware names. */
export function qmpCommand({ header, payload }: LaunchPacket, gpa?: number) {
  return {
    execute: 'sev-inject-launch-secret',
    arguments: {
      'packet-header': base64(header),
      secret: base64(payload),
      ...(gpa === undefined ? {} : { gpa }),
    },
  };
}

/** As `virsh domsetlaunchsecstate` takes them. */
export function libvirtTexts({ header, payload }: LaunchPacket) {
  return { secrethdr: base64(header), secret: base64(payload) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

function checkKeys({ tik, tek }: TransportKeys, iv: Uint8Array): void {
  if (![tik, tek, iv].every(({ length }) => length === keyBytes)) {
    throw new SecretAreaError('malformed-key', 0);
  }
}

function measureIn(measure: Uint8Array): Uint8Array {
  if (measure.length !== measureBytes && measure.length !== measureBytes + nonceBytes) {
    throw new SecretAreaError('malformed-measure', 0);
  }
  return measure.subarray(0, measureBytes);
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
