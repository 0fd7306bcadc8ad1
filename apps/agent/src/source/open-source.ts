import { resolve } from 'node:path';

import { Source } from '@vestige/contract';

import { AgentError } from '../agent-error.ts';
import { efiSecret, efiSecretPath } from './efi-secret.ts';
import type { SecretSource } from './secret-source.ts';
import { table } from './table.ts';

/** Opens the source that `KIND[:PATH]` names. */
export function openSource(text: string): SecretSource {
  const colon = text.indexOf(':');
  const kind = colon === -1 ? text : text.slice(0, colon);
  const path = colon === -1 ? undefined : text.slice(colon + 1);
  if (path === '') throw new AgentError('usage', `--source ${text}: the path is empty`);
  switch (kind) {
    case 'efi-secret':
      return efiSecret(absolute(path ?? efiSecretPath));
    case 'table':
      if (path === undefined)
        throw new AgentError('usage', '--source table needs the path of an image: table:PATH');
      return table(absolute(path));
    default:
      throw new AgentError('usage', `--source ${kind}: the kinds are efi-secret and table`);
  }
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
  const sources = (texts.length === 0 ? ['efi-secret'] : texts).map(openSource);
  const paths = new Set(sources.map(({ source }) => `${source.kind}:${source.path}`));
  if (paths.size < sources.length) throw new AgentError('usage', 'a --source is given twice');
  return sources;
}
