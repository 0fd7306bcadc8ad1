import { diagnosticTexts } from './diagnostic-texts.ts';
import { guidBytes } from './guid.ts';
import { blockBytes, filesMax, headerBytes } from './layout.ts';
import { diskPassphraseGuid, documentationGuid, isStructure } from './registry.ts';
import type { Diagnostic, DiagnosticCode, Entry, Severity } from './table.ts';
import type { Walk } from './walk.ts';

export function diagnose(code: DiagnosticCode, offset: number): Diagnostic {
  const { severity, message, advice } = diagnosticTexts[code];
  return { code, severity, message, advice, offset };
}

/** Everything worth saying of what a walk found. */
export function diagnoseTable(walk: Walk, entries: readonly Entry[]): Diagnostic[] {
  const found = [
    ...diagnoseHeader(walk),
    ...diagnoseEntries(entries),
    ...diagnoseEnd(walk),
    ...diagnosePadding(walk),
  ];
  return bySeverity(found);
}

const ranks: Record<Severity, number> = { error: 0, warning: 1, note: 2 };

export function bySeverity(found: readonly Diagnostic[]): Diagnostic[] {
  return found.toSorted((one, other) => ranks[one.severity] - ranks[other.severity]);
}

function diagnoseHeader({ isPopulated, isByteSwapped, tableLength, areaSize }: Walk): Diagnostic[] {
  if (isByteSwapped) return [diagnose('header-guid-byte-order', 0)];
  if (!isPopulated) return [diagnose('unpopulated', 0)];
  return tableLength > areaSize ? [diagnose('table-larger-than-area', guidBytes)] : [];
}

/** A flaw of the header lies at the header; any other where the walk broke off. */
function diagnoseEnd({ flaw, end, tableLength, areaSize }: Walk): Diagnostic[] {
  if (flaw === 'area-too-small') return [diagnose(flaw, 0)];
  if (flaw === 'table-too-short') return [diagnose(flaw, guidBytes)];
  if (flaw !== null) return [diagnose(flaw, end)];
  // What is left of a table that was cut is the start of an entry's header, and not padding.
  const isWhole = tableLength <= areaSize;
  return isWhole && end < tableLength ? [diagnose('trailing-bytes', end)] : [];
}

/** How the writer padded, told from lengths alone; said of whole tables only. */
function diagnosePadding({ flaw, tableLength, areaSize }: Walk): Diagnostic[] {
  if (flaw !== null || tableLength < headerBytes) return [];
  if (tableLength === areaSize && areaSize % blockBytes !== 0) {
    return [diagnose('padding-none', areaSize)];
  }
  const isExtra = areaSize - tableLength === blockBytes && tableLength % blockBytes === 0;
  return isExtra ? [diagnose('padding-extra-block', tableLength)] : [];
}

/** What is worth saying of well-formed entries, in table order. */
function diagnoseEntries(entries: readonly Entry[]): Diagnostic[] {
  const found: Diagnostic[] = [];
  const seen = new Set<string>();
  let files = 0;
  for (const entry of entries) {
    if (entry.state === 'deleted') continue;
    for (const code of codesOf(entry, files, seen)) found.push(diagnose(code, entry.offset));
    seen.add(entry.guid);
    files += 1;
  }
  const unproven = entries.find(({ state, dataLength }) => state === 'deleted' && dataLength > 0);
  if (unproven) found.push(diagnose('null-guid-unproven', unproven.offset));
  return found;
}

/** `files` live entries come before, with the GUIDs in `seen`. */
function codesOf({ guid, dataLength }: Entry, files: number, seen: Set<string>): DiagnosticCode[] {
  const codes: DiagnosticCode[] = [];
  if (seen.has(guid)) codes.push(files < filesMax ? 'duplicate-guid' : 'duplicate-guid-unlisted');
  if (files === filesMax) codes.push('entry-unlisted');
  if (guid === documentationGuid) codes.push('guid-likely-typo');
  if (isStructure(guid)) codes.push('guid-of-structure');
  // Known by GUID and length; whether the last byte is NUL is not looked at.
  if (guid === diskPassphraseGuid && dataLength > 0) codes.push('nul-for-grub');
  return codes;
}
