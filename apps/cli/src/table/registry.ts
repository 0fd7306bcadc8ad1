import {
  builtInRegistry,
  parseRegistry,
  type Registry,
  registryBytesMax,
} from '@vestige/secret-area';

import type { Terminal } from '../terminal.ts';
import { readBytes } from './image.ts';

export const registryOption = [
  '--registry <file>',
  'JSON file with more GUIDs: { "guids": [{ "guid", "meaning" }] }',
] as const;

export async function readRegistry(
  file: string | undefined,
  terminal: Terminal,
): Promise<Registry> {
  if (file === undefined) return builtInRegistry;
  return parseRegistry(Buffer.from(await readBytes(file, registryBytesMax, terminal)).toString());
}
