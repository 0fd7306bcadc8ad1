/** The parts of linux/inotify.h that the observer uses. */
export const inotify = {
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
  unmount: 0x2000,
  queueOverflow: 0x4000,
  isDirectory: 0x40000000,
} as const;

/** IN_CLOEXEC | IN_NONBLOCK. */
export const inotifyInitFlags = 0o2004000;

export interface InotifyEvent {
  watch: number;
  mask: number;
  name: string | null;
}

const headerBytes = 16;

/** The events of one read(2) of an inotify descriptor. */
export function parseInotifyEvents(bytes: Buffer): InotifyEvent[] {
  const events: InotifyEvent[] = [];
  for (let offset = 0; offset < bytes.length;) {
    if (bytes.length - offset < headerBytes) throw new RangeError('an inotify event is cut off');
    const nameBytes = bytes.readUInt32LE(offset + 12);
    const name = bytes.subarray(offset + headerBytes, offset + headerBytes + nameBytes);
    if (name.length < nameBytes) throw new RangeError('an inotify event is cut off');
    const end = name.indexOf(0);
    events.push({
      watch: bytes.readInt32LE(offset),
      mask: bytes.readUInt32LE(offset + 4),
      name: nameBytes === 0 ? null : name.toString('utf8', 0, end === -1 ? nameBytes : end),
    });
    offset += headerBytes + nameBytes;
  }
  return events;
}
