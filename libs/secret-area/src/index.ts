export {
  buildFrom,
  buildTable,
  bytesSource,
  fileSource,
  type NewEntry,
  type SecretSource,
} from './build.ts';
export { diagnosticTexts } from './diagnostic-texts.ts';
export { SecretAreaError, type SecretAreaErrorCode } from './error.ts';
export { decodeGuid, encodeGuid, normaliseGuid } from './guid.ts';
export { type GuidKind, type KnownGuid, knownGuids } from './known-guids.ts';
export { type BuildOptions, type Convention, conventions, type Padding } from './lay-out.ts';
export {
  areaSizes,
  entriesMax,
  filesMax,
  headerBytes,
  launchSecretBytesMax,
  nullGuid,
  tableBytesMax,
  tableGuid,
} from './layout.ts';
export { type Medium, mediumOf } from './medium.ts';
export { parseBytes, type ParseOptions, parseTable } from './parse.ts';
export {
  type AreaReader,
  type AreaWriter,
  blockingFileArea,
  bufferArea,
  fileArea,
} from './reader.ts';
export {
  builtInRegistry,
  knownUsage,
  parseRegistry,
  type Registry,
  registryBytesMax,
  registryOf,
} from './registry.ts';
export {
  isMeasureOf,
  type Launch,
  launchMeasure,
  type LaunchPacket,
  libvirtTexts,
  openPacket,
  packetHeaderBytes,
  qmpCommand,
  sealTable,
  type TransportKeys,
  zeroKeys,
} from './seal.ts';
export type {
  Diagnostic,
  DiagnosticCode,
  Entry,
  KernelView,
  SecretTable,
  Severity,
  TableState,
} from './table.ts';
export { type Verdict, type VerifyOptions, type VerifyReport, verifyTable } from './verify.ts';
export { wipeAll, wipeEntries, wipeEntry, type WipeReport } from './wipe.ts';
