export type SecretAreaErrorCode =
  | 'malformed-guid'
  | 'null-guid'
  | 'duplicate-guid'
  | 'too-many-entries'
  | 'table-too-large'
  | 'outside-area'
  | 'cut-short'
  | 'unreachable';

const messages: Record<SecretAreaErrorCode, string> = {
  'malformed-guid': 'not a GUID (8-4-4-4-12 hex digits)',
  'null-guid': 'the null GUID marks a wiped entry and names no secret',
  'duplicate-guid': 'a GUID occurs twice; Linux would show no entry at all',
  'too-many-entries': 'more entries than are looked at',
  'table-too-large': 'the table is larger than its area',
  'outside-area': 'outside of the area',
  'cut-short': 'the area ended before its stated size',
  unreachable: 'the table is corrupt from here on, so nobody can say what is behind',
};

/** What a secret area or the request for one can be refused for; `offset` is where in the area. Holds no byte of data. */
export class SecretAreaError extends Error {
  readonly code: SecretAreaErrorCode;
  readonly offset: number;

  constructor(code: SecretAreaErrorCode, offset: number) {
    super(`${messages[code]} (offset ${offset})`);
    this.name = 'SecretAreaError';
    this.code = code;
    this.offset = offset;
  }
}
