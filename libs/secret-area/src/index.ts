export { buildTable, type BuildOptions, type NewEntry, type Padding } from './build.ts';
export { SecretAreaError, type SecretAreaErrorCode } from './error.ts';
export { decodeGuid, encodeGuid, normaliseGuid } from './guid.ts';
export { entriesMax, filesMax, headerBytes, nullGuid, tableBytesMax, tableGuid } from './layout.ts';
export { parseTable } from './parse.ts';
export { type AreaReader, type AreaWriter, bufferArea, fileArea } from './reader.ts';
export { knownUsage } from './registry.ts';
export type {
  Diagnostic,
  DiagnosticCode,
  Entry,
  KernelView,
  SecretTable,
  TableState,
} from './table.ts';
export { wipeAll, wipeEntry, type WipeReport } from './wipe.ts';
