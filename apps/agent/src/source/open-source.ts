import { resolve } from 'node:path';

import { Source, SourceKind } from '@vestige/contract';

import { AgentError } from '../agent-error.ts';
import { efiSecret, efiSecretPath } from './efi-secret.ts';
import { efivars, efivarsPath } from './efivars.ts';
import { openDice, openDicePaths } from './open-dice.ts';
import type { SecretSource } from './secret-source.ts';
import { secvar, secvarPath } from './secvar.ts';
import { table } from './table.ts';

type Open = (path: string | undefined) => SecretSource[];

const kinds: Record<SourceKind, Open> = {
  'efi-secret': (path = efiSecretPath) => [efiSecret(absolute(path))],
  table: (path) => [table(absolute(required(path)))],
  'open-dice': (path) =>
    path === undefined
      ? openDicePaths().map((node) => openDice(node, false))
      : [openDice(absolute(path), true)],
  secvar: (path = secvarPath) => [secvar(absolute(path))],
  efivars: (path = efivarsPath) => [efivars(absolute(path))],
};

/** Opens what `KIND[:PATH]` names: one source, or, of open-dice without a path, one for each device. */
export function openSource(text: string): SecretSource[] {
  const colon = text.indexOf(':');
  const kind = SourceKind.safeParse(colon === -1 ? text : text.slice(0, colon));
  const path = colon === -1 ? undefined : text.slice(colon + 1);
  if (path === '') throw new AgentError('usage', `--source ${text}: the path is empty`);
  if (kind.success) return kinds[kind.data](path);
  const known = Object.keys(kinds).join(', ');
  throw new AgentError('usage', `--source ${text}: the kinds are ${known}`);
}

function required(path: string | undefined): string {
  if (path !== undefined) return path;
  throw new AgentError('usage', '--source table needs the path of an image: table:PATH');
}

function absolute(path: string): string {
  const full = resolve(path);
  // What the contract refuses could never be reported.
  if (Source.shape.path.safeParse(full).success) return full;
  throw new AgentError(
    'usage',
    '--source: the path has control characters or over 1024 characters',
  );
}

/** The sources of a command line, each once; where none is given, the kernel's own place. */
export function openSources(texts: readonly string[]): SecretSource[] {
  const sources = (texts.length === 0 ? ['efi-secret'] : texts).flatMap(openSource);
  const paths = new Set(sources.map(({ source }) => `${source.kind}:${source.path}`));
  if (paths.size < sources.length) throw new AgentError('usage', 'a --source is given twice');
  return sources;
}
