export type TlogErrorCode =
  | 'not-a-hash'
  | 'bad-size'
  | 'bad-index'
  | 'empty-tree'
  | 'proof-mismatch'
  | 'root-mismatch'
  | 'entries-missing'
  | 'entries-beyond'
  | 'begins-later'
  | 'not-continued'
  | 'tile-missing'
  | 'malformed-tile-path'
  | 'malformed-bundle'
  | 'entry-too-large'
  | 'malformed-key'
  | 'unknown-algorithm'
  | 'malformed-note'
  | 'bad-signature'
  | 'unsigned'
  | 'bad-time'
  | 'malformed-checkpoint'
  | 'wrong-origin'
  | 'malformed-proof';

const messages: Record<TlogErrorCode, string> = {
  'not-a-hash': 'a SHA-256 hash is 32 bytes',
  'bad-size': 'not a size that a log can have here',
  'bad-index': 'not the index of an entry in a log of this size',
  'empty-tree': 'an empty log proves nothing about a later one',
  'proof-mismatch': 'the proof does not lead to the root',
  'root-mismatch': 'the entries do not have the root that was signed',
  'entries-missing': 'fewer entries than the checkpoint covers',
  'entries-beyond': 'more entries than the checkpoint covers',
  'begins-later':
    'the entries begin after this checkpoint, so that nothing shows them to continue it',
  'not-continued': 'the log does not go on from this earlier checkpoint of it',
  'tile-missing': 'a tile is missing or shorter than the log requires',
  'malformed-tile-path': 'not the path of a tile or of an entry bundle',
  'malformed-bundle': 'not a bundle of this many length-prefixed entries',
  'entry-too-large': 'an entry is at most 65535 bytes, a bundle at most 256 entries',
  'malformed-key': 'not a signer or verifier key, or its id does not belong to it',
  'unknown-algorithm': 'a key of a kind that is not used here',
  'malformed-note': 'not a signed note',
  'bad-signature': 'a signature by a known key does not verify',
  unsigned: 'no signature by a known key',
  'bad-time': 'not a POSIX time in whole seconds',
  'malformed-checkpoint': 'not a checkpoint: origin, size and root, a line each',
  'wrong-origin': 'a checkpoint of another log',
  'malformed-proof': 'not a tlog-proof',
};

/** What a log, or a claim about one, can be refused for. Holds no byte of an entry and none of a key. */
export class TlogError extends Error {
  readonly code: TlogErrorCode;

  constructor(code: TlogErrorCode, detail?: string) {
    super(detail === undefined ? messages[code] : `${messages[code]} (${detail})`);
    this.name = 'TlogError';
    this.code = code;
  }
}
