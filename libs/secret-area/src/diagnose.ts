import { filesMax } from './layout.ts';
import { documentationGuid } from './registry.ts';
import type { Diagnostic, DiagnosticCode, Entry } from './table.ts';

const messages: Record<DiagnosticCode, string> = {
  'area-too-small': 'the area is smaller than a header of 20 bytes; Linux refuses it',
  'header-guid-byte-order':
    'the header GUID is in RFC 4122 byte order instead of EFI order; Linux sees no table',
  'table-too-short': 'the table length is below its own header of 20 bytes; Linux refuses the area',
  'table-larger-than-area': 'the table length is larger than the area; Linux refuses the area',
  'entry-too-short':
    'an entry length is below its own header of 20 bytes; the table is corrupt from here on',
  'entry-past-end': 'an entry reaches past the end of the table; the table is corrupt from here on',
  'entry-zeroed':
    'GUID and length are zero: an entry zeroed with its length, as GRUB does, or padding of 20 bytes or more that the table length counts; the table is corrupt from here on',
  'duplicate-guid': 'this GUID occurred before; Linux shows no entry at all',
  'duplicate-guid-unlisted':
    'this GUID occurred before; Linux does not look this far, but may once earlier entries are wiped, and then refuses the area',
  'entry-unlisted': 'from here on Linux lists nothing: it stops after 64 files',
  'guid-likely-typo':
    'this GUID is only the example of the kernel documentation; disk passphrases use 736869e5-84f0-…',
  'trailing-bytes': 'fewer than 20 bytes follow the last entry; they are ignored',
};

export function diagnose(code: DiagnosticCode, offset: number): Diagnostic {
  return { code, message: messages[code], offset };
}

/** What is worth saying of well-formed entries, in table order. */
export function diagnoseEntries(entries: readonly Entry[]): Diagnostic[] {
  const found: Diagnostic[] = [];
  const seen = new Set<string>();
  let files = 0;
  for (const entry of entries) {
    if (entry.state === 'deleted') continue;
    if (seen.has(entry.guid)) {
      found.push(
        diagnose(files < filesMax ? 'duplicate-guid' : 'duplicate-guid-unlisted', entry.offset),
      );
    }
    if (files === filesMax) found.push(diagnose('entry-unlisted', entry.offset));
    if (entry.guid === documentationGuid) found.push(diagnose('guid-likely-typo', entry.offset));
    seen.add(entry.guid);
    files += 1;
  }
  return found;
}
