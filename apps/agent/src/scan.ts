import { exitCodes } from './agent-error.ts';
import { openSources } from './source/open-source.ts';
import { type Listing, type SecretSource, unwatched } from './source/secret-source.ts';

/** Lists the secrets that are there now. The exit code is negative where a source is corrupt. */
export async function scan(texts: readonly string[], json: boolean): Promise<number> {
  const found = await Promise.all(
    openSources(texts).map(async (source) => ({ source, listing: await source.list(unwatched) })),
  );
  const sources = found.map(({ source, listing }) => toJson(source, listing));
  const text = json
    ? JSON.stringify({ sources }, null, 2)
    : found.map(({ source, listing }) => toText(source, listing)).join('\n');
  process.stdout.write(`${text}\n`);
  const isCorrupt = found.some(({ listing }) => listing.condition === 'corrupt');
  return isCorrupt ? exitCodes.negative : exitCodes.fine;
}

function toJson({ source }: SecretSource, listing: Listing): object {
  const { condition, capabilities, detail } = listing;
  const secrets = listing.items.map(({ secret, dataLength, usage }) => ({
    name: secret.name,
    guid: secret.guid,
    dataLength,
    usage,
  }));
  return { source, condition, capabilities, detail, secrets };
}

function toText({ source }: SecretSource, { condition, detail, items }: Listing): string {
  const lines = items.map(({ secret, dataLength, usage }) => {
    const length = dataLength === null ? 'length unknown' : `${dataLength} bytes`;
    return `  ${secret.name}  ${length}  ${usage ?? 'unknown usage'}`;
  });
  const more = detail === '' ? [] : [`  (${detail})`];
  return [`${source.kind} at ${source.path}: ${condition}`, ...lines, ...more].join('\n');
}
