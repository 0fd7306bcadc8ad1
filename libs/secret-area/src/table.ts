/**
 * - `unpopulated`: the area does not start with the table's GUID. No error: nobody injected anything.
 * - `corrupt`: a length is impossible, or Linux refuses the area whole (a duplicate GUID).
 * - `populated`: anything else, a table without entries included.
 */
export type TableState = 'populated' | 'unpopulated' | 'corrupt';

/** A well-formed entry, as offsets and lengths; its data is never read. */
export interface Entry {
  /** Counts wiped entries too. */
  index: number;
  offset: number;
  guid: string;
  /** The entry's length field: its header and its data. */
  length: number;
  dataLength: number;
  dataOffset: number;
  /** `deleted`: the GUID is null. That alone does not prove that the data is zero. */
  state: 'live' | 'deleted';
  usage?: string;
}

/** What Linux makes of the area: the directory `secrets/coco`, its files in table order, or why there is none. */
export interface KernelView {
  directory: boolean;
  visible: string[];
  error: null | 'EINVAL' | 'EEXIST';
}

export type DiagnosticCode =
  | 'area-too-small'
  | 'header-guid-byte-order'
  | 'table-too-short'
  | 'table-larger-than-area'
  | 'entry-too-short'
  | 'entry-past-end'
  | 'entry-zeroed'
  | 'duplicate-guid'
  | 'duplicate-guid-unlisted'
  | 'entry-unlisted'
  | 'guid-likely-typo'
  | 'trailing-bytes';

/** Something about a table that somebody should know; `offset` is where in the area. */
export interface Diagnostic {
  code: DiagnosticCode;
  message: string;
  offset: number;
}

export interface SecretTable {
  state: TableState;
  areaSize: number;
  /** The header's length field, however wrong; 0 where there is no table. */
  tableLength: number;
  /** Of a corrupt table: the well-formed entries before the first impossible length. */
  entries: Entry[];
  kernelView: KernelView;
  diagnostics: Diagnostic[];
  /** Bytes of the area that an impossible length hides. They may hold secrets that nobody can name. */
  unreached: { offset: number; length: number } | null;
}
