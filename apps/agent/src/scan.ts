import { oneLine, exitCodes } from './agent-error.ts';
import { type GuestFacts, guestFacts } from './guest-facts.ts';
import { openSources } from './source/open-source.ts';
import { type Listing, type SecretSource, unwatched } from './source/secret-source.ts';

const detailMax = 300;

interface Found {
  readonly source: SecretSource;
  readonly listing: Listing;
}

/** Lists the secrets that are there now. The exit code is negative where a source is corrupt or not all of it was seen. */
export async function scan(texts: readonly string[], json: boolean): Promise<number> {
  const [guest, found] = await Promise.all([guestFacts(), listAll(openSources(texts))]);
  const text = json ? JSON.stringify(toJson(guest, found), null, 2) : toText(guest, found);
  process.stdout.write(`${text}\n`);
  const isWhole = found.every(
    ({ listing }) => listing.condition !== 'corrupt' && listing.isComplete,
  );
  return isWhole ? exitCodes.fine : exitCodes.negative;
}

function listAll(sources: readonly SecretSource[]): Promise<Found[]> {
  return Promise.all(
    sources.map(async (source) => ({ source, listing: await source.list(unwatched) })),
  );
}

function toJson(guest: GuestFacts, found: readonly Found[]): object {
  const sources = found.map(({ source: { source }, listing }) => {
    const { condition, isComplete, capabilities, detail } = listing;
    const secrets = listing.items.map(({ secret, dataLength, usage }) => ({
      name: secret.name,
      guid: secret.guid,
      dataLength,
      usage,
    }));
    const told = oneLine(detail, detailMax);
    return { source, condition, isComplete, capabilities, detail: told, secrets };
  });
  return { guest, sources };
}

function toText({ platform, kernel, module }: GuestFacts, found: readonly Found[]): string {
  const guest = `guest: ${kernel}, platform ${platform}, efi_secret ${module}`;
  return [guest, ...found.map(sourceText)].join('\n');
}

function sourceText({ source: { source }, listing }: Found): string {
  const { condition, capabilities, detail, items } = listing;
  const lines = items.map(({ secret, dataLength, usage }) => {
    const length = dataLength === null ? 'length unknown' : `${dataLength} bytes`;
    return `  ${secret.name}  ${length}  ${usage ?? 'unknown usage'}`;
  });
  const more = detail === '' ? [] : [`  (${oneLine(detail, detailMax)})`];
  const can = `  can: ${capabilities.join(', ')}`;
  return [`${source.kind} at ${source.path}: ${condition}`, ...lines, can, ...more].join('\n');
}
