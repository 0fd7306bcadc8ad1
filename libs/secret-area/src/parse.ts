import { diagnoseTable } from './diagnose.ts';
import type { Found } from './finds.ts';
import { guidText, isNullGuid } from './guid.ts';
import { type Verdict, verdictOf, viewAsKernel } from './kernel-view.ts';
import { entriesMax, headerBytes } from './layout.ts';
import type { AreaReader } from './reader.ts';
import { builtInRegistry, type Registry } from './registry.ts';
import type { Diagnostic, Entry, KernelView, SecretTable, TableState } from './table.ts';
import { Walk } from './walk.ts';
import { fillNow } from './zeros.ts';

export interface ParseOptions {
  /** Who names the usage of a GUID. */
  registry?: Registry;
  /** Give up on more entries than this. */
  entriesMax?: number;
}

/**
 * Reads the headers of a secret area, 20 bytes each, and never a byte of data. What is wrong with the table is in the
 * result; it throws only where the area cannot be read or has more than `entriesMax` entries.
 */
export async function parseTable(
  area: AreaReader,
  options: ParseOptions = {},
): Promise<SecretTable> {
  return new WalkedTable(await walkArea(area, options.entriesMax), options).toJSON();
}

export async function walkArea(area: AreaReader, most: number = entriesMax): Promise<Walk> {
  const walk = new Walk(area.size, most);
  const own = new Uint8Array(headerBytes);
  const view = new DataView(own.buffer);
  while (walk.wanted >= 0) {
    if (!fillNow(area, walk.wanted, own)) own.set(await area.read(walk.wanted, headerBytes));
    walk.take(view, 0);
  }
  return walk;
}

/**
 * The same for an area in memory, without a promise. State and structure are known when it returns; entries, kernel view
 * and diagnostics are spelled out when first asked for, from copies of the headers: later changes of `bytes` do not show.
 */
export function parseBytes(bytes: Uint8Array, options: ParseOptions = {}): SecretTable {
  const walk = new Walk(bytes.length, options.entriesMax ?? entriesMax);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  while (walk.wanted >= 0) walk.take(view, walk.wanted);
  return new WalkedTable(walk, options);
}

class WalkedTable implements SecretTable {
  readonly state: TableState;
  readonly areaSize: number;
  readonly tableLength: number;
  readonly unreached: SecretTable['unreached'];

  readonly #walk: Walk;
  readonly #verdict: Verdict;
  readonly #registry: Registry;
  #entries: Entry[] | undefined;
  #kernelView: KernelView | undefined;
  #diagnostics: Diagnostic[] | undefined;

  constructor(walk: Walk, { registry = builtInRegistry }: ParseOptions) {
    const verdict = verdictOf(walk);
    this.#walk = walk;
    this.#verdict = verdict;
    this.#registry = registry;
    this.state = stateOf(walk, verdict);
    this.areaSize = walk.areaSize;
    this.tableLength = walk.tableLength;
    this.unreached = unreachedBy(walk);
  }

  get entries(): Entry[] {
    const { found } = this.#walk;
    return (this.#entries ??= Array.from({ length: found.count }, (_, index) =>
      entryOf(found.at(index), index, this.#registry),
    ));
  }

  get kernelView(): KernelView {
    return (this.#kernelView ??= viewAsKernel(this.#walk, this.entries, this.#verdict));
  }

  get diagnostics(): Diagnostic[] {
    return (this.#diagnostics ??= diagnoseTable(this.#walk, this.entries));
  }

  toJSON(): SecretTable {
    const { state, areaSize, tableLength, entries, kernelView, diagnostics, unreached } = this;
    return { state, areaSize, tableLength, entries, kernelView, diagnostics, unreached };
  }
}

export function stateOf({ isPopulated, flaw }: Walk, { error }: Verdict): TableState {
  if (!isPopulated) return 'unpopulated';
  return flaw === null && error === null ? 'populated' : 'corrupt';
}

/** Behind an impossible length nothing can be told apart. */
export function unreachedBy({ flaw, end, areaSize }: Walk): SecretTable['unreached'] {
  if (flaw === null) return null;
  const offset = flaw === 'area-too-small' ? areaSize : end;
  return { offset, length: areaSize - offset };
}

function entryOf(found: Found, index: number, registry: Registry): Entry {
  const { offset, length } = found;
  const guid = guidText(found);
  const entry: Entry = {
    index,
    offset,
    guid,
    length,
    dataLength: length - headerBytes,
    dataOffset: offset + headerBytes,
    state: isNullGuid(found) ? 'deleted' : 'live',
  };
  const usage = registry.usageOf(guid);
  if (usage !== undefined) entry.usage = usage;
  return entry;
}
