import * as fc from 'fast-check';

import { buildTable } from '../build.ts';
import { numberedGuid, rawArea, resize } from './raw-area.ts';
import * as vectors from './vectors.ts';

const wiped = { guid: '00000000-0000-0000-0000-000000000000', data: new Uint8Array(3) };
const numbered = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    guid: numberedGuid(n + 1),
    data: new Uint8Array(n % 40).fill(0x73),
  }));

/** Tables as real writers leave them, and some at Linux's bounds. */
const seeds: Uint8Array[] = [
  vectors.sevctlSingle,
  vectors.sevctlTwo,
  vectors.kernelDocumentation,
  vectors.alephStyle,
  vectors.armCcaStyle,
  vectors.wipedByLinux,
  vectors.wipedByGrub,
].map(vectors.fromHex);
seeds.push(
  buildTable([]),
  buildTable(numbered(3), { areaSize: 3072 }),
  buildTable(numbered(64), { areaSize: 4096 }),
  rawArea(numbered(66)),
  rawArea([...numbered(63), wiped, wiped, ...numbered(1)]),
  rawArea([...numbered(64), wiped, ...numbered(2)]),
);

type Mutation = (bytes: Uint8Array) => Uint8Array;

const at = (bytes: Uint8Array, where: number) => (bytes.length === 0 ? 0 : where % bytes.length);

const flip = fc
  .tuple(fc.nat(), fc.integer({ min: 1, max: 255 }))
  .map(([where, mask]): Mutation => (bytes) => {
    const changed = Uint8Array.from(bytes);
    if (bytes.length > 0) changed[at(bytes, where)]! ^= mask;
    return changed;
  });

const cut = fc.nat().map(
  (where): Mutation =>
    (bytes) =>
      bytes.subarray(0, at(bytes, where)),
);

const grow = fc.nat(64).map(
  (more): Mutation =>
    (bytes) =>
      resize(bytes, bytes.length + more),
);

const splice = fc.tuple(fc.nat(), fc.nat(), fc.constantFrom(...seeds)).map(
  ([where, from, other]): Mutation =>
    (bytes) =>
      Buffer.concat([bytes.subarray(0, at(bytes, where)), other.subarray(at(other, from))]),
);

/** A length field at a bound: of its header, of what is left, of the area, of the type. */
const length = fc.tuple(fc.nat(70), fc.nat(11)).map(([field, bound]): Mutation => (bytes) => {
  const changed = Uint8Array.from(bytes);
  const view = new DataView(changed.buffer);
  const where = offsetOfLength(view, field);
  if (where + 4 > changed.length) return changed;
  const left = changed.length - (where - 16);
  const bounds = [0, 1, 19, 20, 21, left - 1, left, left + 1, left - 19, left - 20];
  view.setUint32(where, bounds[bound] ?? 2 ** 32 - (bound - 9), true);
  return changed;
});

/** Of the n-th header, as far as the lengths before it lead. */
function offsetOfLength(view: DataView, field: number): number {
  let offset = 0;
  for (let n = 0; n < field; n += 1) {
    if (offset + 20 > view.byteLength) break;
    offset += n === 0 ? 20 : Math.max(20, view.getUint32(offset + 16, true));
  }
  return Math.min(offset, view.byteLength) + 16;
}

/** A real table that something happened to, up to four times. */
export const mutatedTable: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.constantFrom(...seeds),
    fc.array(fc.oneof(flip, cut, grow, splice, length), { maxLength: 4 }),
  )
  .map(([seed, mutations]) =>
    Uint8Array.from(mutations.reduce((bytes, mutate) => mutate(bytes), seed)),
  );
