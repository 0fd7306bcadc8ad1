export { type ArchiveMember, archiveMembers, archivePath } from './archive.ts';
export { decodeBundle, encodeBundle, entryBytesMax } from './bundle.ts';
export {
  type Checkpoint,
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  signCheckpoint,
} from './checkpoint.ts';
export { consistencyTiles, proveConsistency, verifyConsistency } from './consistency.ts';
export {
  type Cosignature,
  cosignatureVerifier,
  cosigner,
  verifyCosignatures,
  type Witness,
} from './cosignature.ts';
export { TlogError, type TlogErrorCode } from './error.ts';
export { extendTiles, type Tile } from './extend-tiles.ts';
export { GrowingTree } from './growing-tree.ts';
export { inclusionTiles, proveInclusion, verifyInclusion } from './inclusion.ts';
export { generateKeyPair, type KeyName, type KeyPair, type KeyType, verifierKeyOf } from './key.ts';
export {
  type LogKey,
  type Note,
  type NoteSignature,
  noteSigner,
  noteVerifier,
  parseNote,
  signatureLine,
  type Signer,
  signNote,
  type Verifier,
  verifyNote,
} from './note.ts';
export { formatProof, type LogIdentity, type LogProof, parseProof, verifyProof } from './proof.ts';
export { edgeTiles, loadTiles, type ReadTile, rootFromTiles } from './tile-reader.ts';
export {
  type BundleId,
  bundlePath,
  parseBundlePath,
  parseTilePath,
  type TileId,
  tilePath,
  tileWidth,
  tileWidthMax,
} from './tiles.ts';
export {
  emptyRoot,
  type Hash,
  hashBytes,
  leafHash,
  nodeHash,
  perfectRoot,
  type TreeHead,
} from './tree.ts';
export { EntriesVerifier, verifyEntries } from './verify-entries.ts';
