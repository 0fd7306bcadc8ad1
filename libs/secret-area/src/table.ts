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
  | 'unpopulated'
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
  | 'guid-of-structure'
  | 'trailing-bytes'
  | 'padding-extra-block'
  | 'padding-none'
  | 'null-guid-unproven'
  | 'null-guid-data-left'
  | 'bytes-behind-table'
  | 'nul-for-grub';

/**
 * - `error`: Linux shows less than the table holds, or a wiped secret is still there.
 * - `warning`: somebody most likely meant something else.
 * - `note`: good to know; nothing is wrong.
 */
export type Severity = 'error' | 'warning' | 'note';

/** Something about a table that somebody should know; `offset` is where in the area. */
export interface Diagnostic {
  code: DiagnosticCode;
  severity: Severity;
  message: string;
  /** What to do about it. */
  advice: string;
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
  /** Errors first, then warnings, then notes; each in table order. */
  diagnostics: Diagnostic[];
  /** Bytes of the area that an impossible length hides. They may hold secrets that nobody can name. */
  unreached: { offset: number; length: number } | null;
}
