export type SecretAreaErrorCode =
  | 'malformed-guid'
  | 'null-guid'
  | 'duplicate-guid'
  | 'too-many-entries'
  | 'table-too-large'
  | 'outside-area'
  | 'cut-short'
  | 'not-a-file'
  | 'source-changed'
  | 'unreachable'
  | 'malformed-registry'
  | 'malformed-key'
  | 'malformed-measure'
  | 'malformed-packet'
  | 'packet-too-large'
  | 'mac-mismatch';

const messages: Record<SecretAreaErrorCode, string> = {
  'malformed-guid': 'not a GUID (8-4-4-4-12 hex digits)',
  'null-guid': 'the null GUID marks a wiped entry and names no secret',
  'duplicate-guid': 'a GUID occurs twice; Linux would show no entry at all',
  'too-many-entries': 'more entries than are looked at',
  'table-too-large': 'the table is larger than its area',
  'outside-area': 'outside of the area',
  'cut-short': 'the area ended before its stated size',
  'not-a-file': 'not a regular file, so it has no size and no offsets',
  'source-changed': 'the source of a secret is not as long as it said',
  unreachable: 'the table is corrupt from here on, so nobody can say what is behind',
  'malformed-registry': 'not a registry of GUIDs',
  'malformed-key': 'a transport key (TIK, TEK) and an IV are 16 bytes each',
  'malformed-measure':
    'a launch measure is 32 bytes, or 48 with its nonce; a digest is 32 bytes, a version a byte',
  'malformed-packet': 'a packet is a header of 52 bytes with flags 0 and a payload of whole blocks',
  'packet-too-large': 'SEV firmware takes at most 16384 bytes',
  'mac-mismatch': 'the MAC does not match: other keys, another launch measure, or altered bytes',
};

/** What a secret area or the request for one can be refused for; `offset` is where in the area. Holds no byte of data. */
export class SecretAreaError extends Error {
  readonly code: SecretAreaErrorCode;
  readonly offset: number;

  constructor(code: SecretAreaErrorCode, offset: number, detail?: string) {
    // At 0 it is the whole that is refused, or a word of the request: no place to look at.
    const where = detail ?? (offset > 0 ? `offset ${offset}` : '');
    super(where ? `${messages[code]} (${where})` : messages[code]);
    this.name = 'SecretAreaError';
    this.code = code;
    this.offset = offset;
  }
}
