import { crc32 } from 'node:zlib';

export interface JournalRecord {
  seq: number;
  /** The observation as JSON, as it was appended. */
  json: string;
}

export interface DecodedSegment {
  records: JournalRecord[];
  /** Where the last whole record ends; what follows is torn. */
  validBytes: number;
}

const lineFeed = 0x0a;
const linePattern = /^(?<sum>[0-9a-f]{8}) (?<body>(?<seq>\d+) (?<json>.*))$/s;

/** A record is one line: a CRC-32 of the rest, the seq, the JSON. JSON text has no raw line feed. */
export function encodeRecord(seq: number, json: string): Buffer {
  const body = `${seq} ${json}`;
  return Buffer.from(`${checksum(body)} ${body}\n`);
}

/** Reads at most `limit` whole records with consecutive seqs from `firstSeq` on, up to the first that is torn. */
export function decodeRecords(bytes: Buffer, firstSeq: number, limit = Infinity): DecodedSegment {
  const records: JournalRecord[] = [];
  let validBytes = 0;
  while (records.length < limit) {
    const end = bytes.indexOf(lineFeed, validBytes);
    const record = end === -1 ? null : decodeLine(bytes.toString('utf8', validBytes, end));
    if (record?.seq !== firstSeq + records.length) return { records, validBytes };
    records.push(record);
    validBytes = end + 1;
  }
  return { records, validBytes };
}

/** Whether a whole record stands anywhere in `bytes`: then what is before it was damaged, not torn by a crash. */
export function holdsRecord(bytes: Buffer): boolean {
  const lines = bytes.toString('utf8').split('\n');
  return lines.slice(1, -1).some((line) => decodeLine(line) !== null);
}

/** The record that the last whole line is; null where that line is damaged, or there is none. */
export function lastRecord(bytes: Buffer): JournalRecord | null {
  const end = bytes.lastIndexOf(lineFeed);
  if (end < 1) return null;
  return decodeLine(bytes.toString('utf8', bytes.lastIndexOf(lineFeed, end - 1) + 1, end));
}

function decodeLine(line: string): JournalRecord | null {
  const groups = linePattern.exec(line)?.groups;
  if (groups?.['sum'] !== checksum(groups?.['body'] ?? '')) return null;
  return { seq: Number(groups['seq']), json: groups['json'] ?? '' };
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
