import { oneLine } from '../../agent-error.ts';
import { mountsOf } from '../../source/mounts.ts';
import { openSource, openSources } from '../../source/open-source.ts';
import { lookAtModule, type SecretModule } from '../../source/secret-module.ts';
import {
  type Listing,
  type SecretSource,
  sourceKey,
  unwatched,
} from '../../source/secret-source.ts';
import { type Check, fail, ok, warn } from './check.ts';

export interface ListedSource {
  readonly source: SecretSource;
  readonly listing: Listing;
  /** Whether somebody asked for it, or it is where the kernel shows secrets. */
  readonly isExpected: boolean;
}

/** The sources that are asked for, or the kernel's own; and of the other kinds whatever this machine has. */
export async function listSources(texts: readonly string[]): Promise<ListedSource[]> {
  const expected = openSources(texts);
  const keys = new Set(expected.map(({ source }) => sourceKey(source)));
  const others = ['open-dice', 'secvar', 'efivars']
    .flatMap(openSource)
    .filter(({ source }) => !keys.has(sourceKey(source)));
  const listed = await Promise.all([
    ...expected.map((source) => list(source, true)),
    ...others.map((source) => list(source, false)),
  ]);
  return listed.filter(({ listing, isExpected }) => isExpected || listing.condition !== 'absent');
}

async function list(source: SecretSource, isExpected: boolean): Promise<ListedSource> {
  return { source, listing: await source.list(unwatched), isExpected };
}

/** What there is to be watched. */
export async function checkSecrets(listed: readonly ListedSource[]): Promise<Check[]> {
  const wantsKernel = listed.some(({ source }) => isKernels(source));
  const kernels = wantsKernel ? [await checkSecurityfs(), checkModule(await lookAtModule())] : [];
  return [...kernels, ...listed.map(checkSource)];
}

function isKernels({ source: { kind, path } }: SecretSource): boolean {
  return kind === 'efi-secret' && path.endsWith('/secrets/coco');
}

async function checkSecurityfs(): Promise<Check> {
  const mounts = await mountsOf('securityfs');
  if (mounts.length > 0) return ok('securityfs', `securityfs is mounted at ${mounts.join(', ')}.`);
  const says = 'securityfs is not mounted: the kernel has no place to show secrets.';
  return warn('securityfs', says, 'mount -t securityfs securityfs /sys/kernel/security');
}

export function checkModule(module: SecretModule): Check {
  const { state, hasDevice, isAvailable } = module;
  const area = hasDevice
    ? 'the firmware announced a secret area'
    : 'the firmware announced no secret area that the kernel knows of';
  if (state !== 'absent') return ok('module', `efi_secret is ${state}, and ${area}.`);
  const says = `efi_secret is not loaded, and ${area}.`;
  if (isAvailable === true) return warn('module', says, 'modprobe efi_secret');
  const advice = 'Use a kernel with CONFIG_EFI_SECRET, or install the package of its modules.';
  return hasDevice && isAvailable === false
    ? fail('module', says, advice)
    : warn('module', says, advice);
}

export function checkSource({ source, listing }: ListedSource): Check {
  const { source: named, watchKind } = source;
  const { condition, items, detail } = listing;
  const code = `source-${named.kind}`;
  const told = detail === '' ? '' : ` ${oneLine(detail, 300)}`;
  const says = `${named.kind} at ${named.path}: ${condition}.${told}`;
  if (condition === 'corrupt')
    return fail(code, says, 'See `vestige table inspect`; the guest owner has to build it anew.');
  if (condition === 'absent') return warn(code, says, 'The agent goes on looking for it.');
  const count = `${items.length} secret${items.length === 1 ? '' : 's'}`;
  const how = watchKind === 'none' ? 'listed only' : 'can be watched';
  return ok(code, `${named.kind} at ${named.path}: ${condition}, ${count}, ${how}.${told}`);
}
