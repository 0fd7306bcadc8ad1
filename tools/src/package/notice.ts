import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { BundledPackage } from './bundle.ts';

/** What of somebody else's is in a file of the package. */
export interface Foreign {
  readonly title: string;
  readonly licence: string;
}

/** The licence of each foreign part, in full. */
export function buildNotice(version: string, foreign: readonly Foreign[]): string {
  const parts = foreign.map(({ title, licence }) => `${title}\n\n${licence.trim()}\n`);
  const head = `Vestige agent ${version}, under the Apache License 2.0 (LICENSE). It contains:\n`;
  return [head, ...parts].join(`\n${'-'.repeat(72)}\n\n`);
}

/** The text of a package's licence, which may lie in another one of the same makers. Throws where there is none. */
export function readLicence({ name }: BundledPackage, directory: string): string {
  const files = existsSync(directory) ? readdirSync(directory) : [];
  const file = files.find((entry) => /^licen[cs]e(\.\w+)?$/i.test(entry));
  if (file === undefined) throw new Error(`${name} comes without the text of its licence`);
  return readFileSync(join(directory, file), 'utf8');
}
