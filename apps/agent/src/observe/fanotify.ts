/** The parts of linux/fanotify.h that the observer uses. */
export const fan = {
  access: 0x1,
  modify: 0x2,
  closeWrite: 0x8,
  closeNoWrite: 0x10,
  open: 0x20,
  movedFrom: 0x40,
  movedTo: 0x80,
  create: 0x100,
  delete: 0x200,
  deleteSelf: 0x400,
  moveSelf: 0x800,
  queueOverflow: 0x4000,
  openPermission: 0x10000,
  accessPermission: 0x20000,
  eventOnChild: 0x8000000,
  onDirectory: 0x40000000,
} as const;

export const fanInit = {
  closeOnExec: 0x1,
  nonBlocking: 0x2,
  classContent: 0x4,
  unlimitedQueue: 0x10,
  /** FAN_REPORT_DIR_FID | FAN_REPORT_NAME: the directory's handle and the entry's name. */
  reportDirectoryAndName: 0xc00,
} as const;

export const markAdd = 0x1;
export const noDescriptor = -1;

export interface FanotifyEvent {
  mask: number;
  /** A descriptor of the file, to be closed; -1 in a group that reports names, or on overflow. */
  fd: number;
  pid: number;
  name: string | null;
}

const metadataBytes = 24;
const metadataVersion = 3;
const infoHeaderBytes = 4;
const fsidBytes = 8;
const handleHeaderBytes = 8;
const infoDirectoryAndName = 2;
const allow = 1;
const deny = 2;

/** The events of one read(2) of a group. Throws where the kernel speaks another version of the interface. */
export function parseFanotifyEvents(bytes: Buffer): FanotifyEvent[] {
  const events: FanotifyEvent[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const event = bytes.subarray(offset, offset + eventLength(bytes, offset));
    events.push({
      mask: Number(event.readBigUInt64LE(8)),
      fd: event.readInt32LE(16),
      pid: event.readInt32LE(20),
      name: nameOf(event.subarray(event.readUInt16LE(6))),
    });
    offset += event.length;
  }
  return events;
}

/** The answer that lets a held reader go on, or gives it EPERM. */
export function buildAnswer(fd: number, isDenied: boolean): Buffer {
  const response = Buffer.alloc(8);
  response.writeInt32LE(fd, 0);
  response.writeUInt32LE(isDenied ? deny : allow, 4);
  return response;
}

function eventLength(bytes: Buffer, offset: number): number {
  const left = bytes.length - offset;
  const length = left < metadataBytes ? 0 : bytes.readUInt32LE(offset);
  if (length < metadataBytes || length > left) {
    throw new RangeError('a fanotify event is cut off');
  }
  if (bytes.readUInt8(offset + 4) !== metadataVersion) {
    throw new RangeError('the kernel speaks another version of fanotify');
  }
  return length;
}

function nameOf(information: Buffer): string | null {
  for (let rest = information; rest.length >= infoHeaderBytes;) {
    const length = rest.readUInt16LE(2);
    if (length < infoHeaderBytes) return null;
    if (rest.readUInt8(0) === infoDirectoryAndName)
      return nameAfterHandle(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return null;
}

function nameAfterHandle(record: Buffer): string | null {
  const handle = infoHeaderBytes + fsidBytes;
  if (record.length < handle + handleHeaderBytes) return null;
  const name = record.subarray(handle + handleHeaderBytes + record.readUInt32LE(handle));
  const end = name.indexOf(0);
  return end <= 0 ? null : name.toString('utf8', 0, end);
}
