import { SecretAreaError } from './error.ts';
import { Finds } from './finds.ts';
import { guidBytes, isNullGuid, isSameGuid, wordsAt, wordsOf } from './guid.ts';
import { entriesMax, headerBytes, tableGuid } from './layout.ts';
import type { DiagnosticCode } from './table.ts';

const tableWords = wordsOf(tableGuid);
/** What the table's GUID looks like where its writer forgot that EFI stores three groups little-endian. */
const swappedWords = wordsOf('42f5741e-dd71-664d-963e-ef4287ff173b');

/**
 * The one walk over a secret table. It says which header it wants next and is given it, so that a buffer and a file are
 * walked by the same rules, the first without a promise. It sees headers, and never a byte of data.
 */
export class Walk {
  readonly areaSize: number;
  readonly found = new Finds();
  /** Offset of the header that is wanted next, -1 at the end. */
  wanted: number;
  isPopulated = true;
  isByteSwapped = false;
  /** The header's length field, however wrong. */
  tableLength = 0;
  /** Where the table ends, as far as its area goes. */
  tableEnd = 0;
  /** Where the last well-formed entry ends. */
  end = 0;
  /** What ends the walk before the table does. */
  flaw: DiagnosticCode | null = null;

  readonly #entriesMax: number;

  constructor(areaSize: number, most: number = entriesMax) {
    this.areaSize = areaSize;
    this.#entriesMax = most;
    // Linux: an area smaller than one header is invalid.
    this.wanted = areaSize < headerBytes ? this.#breakOff('area-too-small') : 0;
  }

  /** Takes the wanted header, which lies at `at` of `view`. */
  take(view: DataView, at: number): void {
    this.wanted = this.wanted === 0 ? this.#takeTable(view, at) : this.#takeEntry(view, at);
  }

  #takeTable(view: DataView, at: number): number {
    const guid = wordsAt(view, at);
    // Linux: without the table's GUID the area is not populated, which is no error.
    if (!isSameGuid(guid, tableWords)) {
      this.isPopulated = false;
      this.isByteSwapped = isSameGuid(guid, swappedWords);
      return -1;
    }
    this.tableLength = view.getUint32(at + guidBytes, true);
    this.end = headerBytes;
    // Linux: a table shorter than its own header is "too small".
    if (this.tableLength < headerBytes) return this.#breakOff('table-too-short');
    // Linux: a table larger than its area is "too big". Its entries are still told, as far as the area goes.
    this.tableEnd = Math.min(this.tableLength, this.areaSize);
    return this.#next();
  }

  #takeEntry(view: DataView, at: number): number {
    const offset = this.end;
    if (this.found.count === this.#entriesMax) {
      throw new SecretAreaError('too-many-entries', offset);
    }
    const length = view.getUint32(at + guidBytes, true);
    // Linux: an entry shorter than its own header corrupts the table, also where its GUID is null.
    if (length < headerBytes) {
      const isZeroed = length === 0 && isNullGuid(wordsAt(view, at));
      return this.#breakOff(isZeroed ? 'entry-zeroed' : 'entry-too-short');
    }
    // Linux: so does an entry that is longer than what is left of the table.
    if (length > this.tableEnd - offset) return this.#breakOff('entry-past-end');
    this.found.add(view, at, offset);
    this.end = offset + length;
    return this.#next();
  }

  /** Linux: the walk ends where fewer than 20 bytes are left. */
  #next(): number {
    return this.tableEnd - this.end >= headerBytes ? this.end : -1;
  }

  #breakOff(flaw: DiagnosticCode): number {
    this.flaw = flaw;
    return -1;
  }
}
