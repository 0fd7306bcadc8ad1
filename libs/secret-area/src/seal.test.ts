import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { SecretAreaError } from './error.ts';
import {
  isMeasureOf,
  launchMeasure,
  libvirtTexts,
  openPacket,
  packetHeaderBytes,
  qmpCommand,
  sealTable,
  zeroKeys,
} from './seal.ts';
import * as vectors from './testing/vectors.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const { fromHex } = vectors;
const keys = () => ({
  tik: fromHex(vectors.sevctlKeys.tik),
  tek: fromHex(vectors.sevctlKeys.tek),
});
const measured = fromHex(vectors.sevctlKeys.launchMeasure);
const iv = fromHex(vectors.sevctlKeys.iv);
const table = fromHex(vectors.sevctlSingle);
const refusal = (code: string) => expect.objectContaining({ name: 'SecretAreaError', code });

describe('sealTable', () => {
  it("gives sevctl's packet, byte for byte", () => {
    const { header, payload } = sealTable(table, keys(), measured, iv);
    expect(hex(header)).toBe(vectors.sevctlPacket.header);
    expect(hex(payload)).toBe(vectors.sevctlPacket.payload);
  });

  it('pads a table to whole blocks and takes the measure with or without its nonce', () => {
    const { header, payload } = sealTable(table.subarray(0, 58), keys(), measured, iv);
    expect(hex(payload)).toBe(vectors.sevctlPacket.payload);
    const without = sealTable(table, keys(), measured.subarray(0, 32), iv);
    expect(hex(without.header)).toBe(hex(header));
  });

  it('never takes an IV twice of its own accord', () => {
    const ivs = Array.from({ length: 20 }, () =>
      hex(sealTable(table, keys(), measured).header.subarray(4, 20)),
    );
    expect(new Set(ivs).size).toBe(20);
  });

  it('takes as much as the firmware does and no more', () => {
    expect(sealTable(new Uint8Array(16_384), keys(), measured).payload).toHaveLength(16_384);
    expect(() => sealTable(new Uint8Array(16_385), keys(), measured)).toThrow(
      refusal('packet-too-large'),
    );
  });

  it('refuses keys, IVs and measures of another length', () => {
    const short = { ...keys(), tek: new Uint8Array(15) };
    expect(() => sealTable(table, short, measured)).toThrow(refusal('malformed-key'));
    expect(() => sealTable(table, keys(), measured, new Uint8Array(12))).toThrow(
      refusal('malformed-key'),
    );
    expect(() => sealTable(table, keys(), new Uint8Array(47))).toThrow(
      refusal('malformed-measure'),
    );
  });
});

describe('openPacket', () => {
  it('gives back what was sealed, padded', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const opened = openPacket(sealTable(bytes, keys(), measured), keys(), measured);
        expect(hex(opened.subarray(0, bytes.length))).toBe(hex(bytes));
        expect(opened.subarray(bytes.length).every((byte) => byte === 0)).toBe(true);
        expect(opened.length % 16).toBe(0);
      }),
    );
  });

  it('refuses a packet of which any bit was changed', () => {
    fc.assert(
      fc.property(
        fc.nat(packetHeaderBytes - 5),
        fc.nat(63),
        fc.nat(7),
        (inHeader, inPayload, bit) => {
          for (const part of ['header', 'payload'] as const) {
            const packet = sealTable(table, keys(), measured, iv);
            packet[part][part === 'header' ? 4 + inHeader : inPayload]! ^= 1 << bit;
            expect(() => openPacket(packet, keys(), measured)).toThrow(refusal('mac-mismatch'));
          }
        },
      ),
    );
  });

  it('refuses any bytes that nobody sealed', () => {
    const some = fc.uint8Array({ maxLength: 80 });
    fc.assert(
      fc.property(some, some, (header, payload) => {
        expect(() => openPacket({ header, payload }, keys(), measured)).toThrow(SecretAreaError);
      }),
    );
  });

  it('refuses another guest and other keys', () => {
    const packet = sealTable(table, keys(), measured);
    const other = Uint8Array.from(measured).fill(0, 0, 1);
    expect(() => openPacket(packet, keys(), other)).toThrow(refusal('mac-mismatch'));
    const { tek } = keys();
    expect(() => openPacket(packet, { tek, tik: tek }, measured)).toThrow(refusal('mac-mismatch'));
  });

  it('refuses what is no packet', () => {
    const { header, payload } = sealTable(table, keys(), measured);
    const open = (h: Uint8Array, p: Uint8Array) => () =>
      openPacket({ header: h, payload: p }, keys(), measured);
    expect(open(header.subarray(1), payload)).toThrow(refusal('malformed-packet'));
    expect(open(Uint8Array.from(header).fill(1, 0, 1), payload)).toThrow(
      refusal('malformed-packet'),
    );
    expect(open(header, payload.subarray(1))).toThrow(refusal('malformed-packet'));
    expect(open(header, new Uint8Array(16_400))).toThrow(refusal('packet-too-large'));
  });
});

const { launch: vector } = vectors;
const launch = {
  apiMajor: 0,
  apiMinor: 0x12,
  build: 0x0f,
  policy: 0,
  digest: fromHex(vector.digest),
};

describe('the launch measure', () => {
  const tik = fromHex(vector.tik);
  const nonce = fromHex(vector.nonce);

  it('is what virtee/sev computes', () => {
    expect(hex(launchMeasure(launch, nonce, tik))).toBe(vector.measure);
  });

  it('tells the launch that it was made of from any other', () => {
    const blob = Buffer.concat([fromHex(vector.measure), nonce]);
    expect(isMeasureOf(blob, launch, tik)).toBe(true);
    expect(isMeasureOf(blob, { ...launch, policy: 1 }, tik)).toBe(false);
    expect(isMeasureOf(blob, { ...launch, build: 0x10 }, tik)).toBe(false);
    expect(isMeasureOf(blob, launch, nonce)).toBe(false);
  });

  it.each([
    ['a version that is no byte', { apiMinor: 256 }],
    ['a build that is no number', { build: Number.NaN }],
    ['a policy beyond 32 bits', { policy: 2 ** 32 }],
    ['a digest of another length', { digest: new Uint8Array(31) }],
  ])('refuses %s', (_name, change) => {
    expect(() => launchMeasure({ ...launch, ...change }, nonce, tik)).toThrow(
      refusal('malformed-measure'),
    );
  });

  it('refuses a nonce, a key and a blob of another length', () => {
    const short = new Uint8Array(15);
    expect(() => launchMeasure(launch, short, tik)).toThrow(refusal('malformed-measure'));
    expect(() => launchMeasure(launch, nonce, short)).toThrow(refusal('malformed-key'));
    expect(() => isMeasureOf(new Uint8Array(32), launch, tik)).toThrow(
      refusal('malformed-measure'),
    );
  });
});

describe('what carries a packet', () => {
  const packet = sealTable(table, keys(), measured, iv);

  it('is a command for QEMU, with an address only where one is given', () => {
    const texts = {
      'packet-header': Buffer.from(vectors.sevctlPacket.header, 'hex').toString('base64'),
      secret: Buffer.from(vectors.sevctlPacket.payload, 'hex').toString('base64'),
    };
    const execute = 'sev-inject-launch-secret';
    expect(qmpCommand(packet)).toEqual({ execute, arguments: texts });
    expect(qmpCommand(packet, 0x80_d000)).toEqual({
      execute,
      arguments: { ...texts, gpa: 0x80_d000 },
    });
  });

  it('is two texts for libvirt', () => {
    const { secrethdr, secret } = libvirtTexts(packet);
    expect(hex(Buffer.from(secrethdr, 'base64'))).toBe(vectors.sevctlPacket.header);
    expect(hex(Buffer.from(secret, 'base64'))).toBe(vectors.sevctlPacket.payload);
  });
});

describe('zeroKeys', () => {
  it('leaves no byte of a key', () => {
    const pair = keys();
    zeroKeys(pair);
    expect([...pair.tik, ...pair.tek].every((byte) => byte === 0)).toBe(true);
  });
});
