import { SecretAreaError } from './error.ts';
import { normaliseGuid } from './guid.ts';
import { type GuidKind, knownGuids, type KnownGuid } from './known-guids.ts';
import { nullGuid } from './layout.ts';

export { diskPassphraseGuid, documentationGuid } from './known-guids.ts';

/** GUIDs with their meaning. */
export interface Registry {
  /** In the order in which they were told; later ones replace earlier ones of the same GUID. */
  readonly guids: readonly KnownGuid[];
  /** What an entry of this GUID is for, where somebody told. */
  usageOf(guid: string): string | undefined;
}

export function registryOf(guids: readonly KnownGuid[]): Registry {
  const known = new Map(guids.map((row) => [row.guid, row]));
  return {
    guids: [...known.values()],
    usageOf(guid) {
      const row = known.get(guid);
      return row?.kind === 'structure' ? undefined : row?.meaning;
    },
  };
}

/** What public sources name. */
export const builtInRegistry: Registry = registryOf(knownGuids);

/** The usage that a GUID designates, where public sources name one. */
export function knownUsage(guid: string): string | undefined {
  return builtInRegistry.usageOf(guid.toLowerCase());
}

const structures = new Set(
  knownGuids.filter(({ kind }) => kind === 'structure').map(({ guid }) => guid),
);

export function isStructure(guid: string): boolean {
  return structures.has(guid);
}

/** A registry file is no larger than this. */
export const registryBytesMax = 1024 * 1024;
const textMax = 200;
const kinds: readonly GuidKind[] = ['usage', 'example', 'structure'];

/**
 * Reads `{ "guids": [{ "guid", "meaning", "kind"?, "form"?, "source"? }] }` and puts it over the built-in registry.
 * Strict: an unknown property, an over-long text or one with control characters is refused.
 */
export function parseRegistry(json: string): Registry {
  if (json.length > registryBytesMax) throw malformed('more than 1 MiB');
  const rows = propertiesOf(parseJson(json), ['guids'], 'the file')['guids'];
  if (!Array.isArray(rows)) throw malformed('the file: guids is not a list');
  return registryOf([...knownGuids, ...rows.map(readRow)]);
}

function readRow(value: unknown, index: number): KnownGuid {
  const where = `guids[${index}]`;
  const row = propertiesOf(value, ['guid', 'meaning', 'kind', 'form', 'source'], where);
  const form = optionalText(row['form'], `${where}.form`);
  const source = optionalText(row['source'], `${where}.source`);
  return {
    guid: readGuid(row['guid'], `${where}.guid`),
    kind: readKind(row['kind'], `${where}.kind`),
    meaning: readText(row['meaning'], `${where}.meaning`),
    ...(form === undefined ? {} : { form }),
    ...(source === undefined ? {} : { source }),
  };
}

function readGuid(value: unknown, where: string): string {
  const text = readText(value, where);
  try {
    const guid = normaliseGuid(text);
    if (guid !== nullGuid) return guid;
  } catch {
    throw malformed(`${where} is not a GUID`);
  }
  throw malformed(`${where} is the null GUID, which marks wiped entries`);
}

function readKind(value: unknown, where: string): GuidKind {
  const kind = value === undefined ? 'usage' : kinds.find((known) => known === value);
  if (kind === undefined) throw malformed(`${where} is none of ${kinds.join(', ')}`);
  return kind;
}

function optionalText(value: unknown, where: string): string | undefined {
  return value === undefined ? undefined : readText(value, where);
}

function readText(value: unknown, where: string): string {
  // Control characters could steer the terminal that shows them.
  const isText = typeof value === 'string' && /^\P{C}+$/u.test(value) && value.length <= textMax;
  if (!isText) throw malformed(`${where} is not a text of 1 to ${textMax} printable characters`);
  return value;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw malformed('not JSON');
  }
}

function propertiesOf(
  value: unknown,
  allowed: readonly string[],
  where: string,
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed(`${where} is not an object`);
  }
  if (Object.keys(value).some((name) => !allowed.includes(name))) {
    throw malformed(`${where} has a property other than ${allowed.join(', ')}`);
  }
  return { ...value };
}

function malformed(detail: string): SecretAreaError {
  return new SecretAreaError('malformed-registry', 0, detail);
}
