export type ArchiveErrorCode =
  | 'not-an-archive'
  | 'cut-archive'
  | 'trailing-bytes'
  | 'unexpected-member'
  | 'member-too-long'
  | 'tile-mismatch'
  | 'wrong-range'
  | 'wrong-position';

const messages: Record<ArchiveErrorCode, string> = {
  'not-an-archive': 'neither a tar archive as the service exports it, nor a tlog-proof',
  'cut-archive': 'the archive ends before its end',
  'trailing-bytes': 'there is something behind the end of the archive',
  'unexpected-member': 'this file is not the next that the archive must have',
  'member-too-long': 'a file of the archive is longer than it may be',
  'tile-mismatch': 'a tile does not hold the hashes of the entries',
  'wrong-range': 'the archive has other entries than were asked for',
  'wrong-position': 'the proof is of another position',
};

/** Why what was to show a log's entries does not show them. Holds no byte of an entry. */
export class ArchiveError extends Error {
  readonly code: ArchiveErrorCode;

  constructor(code: ArchiveErrorCode, detail?: string) {
    super(detail === undefined ? messages[code] : `${messages[code]} (${detail})`);
    this.name = 'ArchiveError';
    this.code = code;
  }
}
