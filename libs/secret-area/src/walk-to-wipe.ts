import { headerBytes } from './layout.ts';
import { type AreaReader, pageBytes } from './reader.ts';
import { Walk } from './walk.ts';
import { fillNow } from './zeros.ts';

/** Entries up to this size are read a page at a time. */
const smallBytes = 512;

/**
 * The walk of a wipe that overwrites every entry. A read costs the same for 20 bytes and for a page, and 64 of them more
 * than a sync, so among small entries it reads to the end of the page, and with headers their data: never of another
 * page, never behind the table, and into one piece of memory that is zero again when it settles.
 */
export async function walkToWipe(area: AreaReader): Promise<Walk> {
  const walk = new Walk(area.size);
  const page = new Uint8Array(pageBytes);
  try {
    await walkThrough(area, walk, page);
    return walk;
  } finally {
    page.fill(0);
  }
}

async function walkThrough(area: AreaReader, walk: Walk, page: Uint8Array): Promise<void> {
  const view = new DataView(page.buffer);
  let from = 0;
  let held = 0;
  let isAmongSmall = false;
  while (walk.wanted >= 0) {
    const at = walk.wanted;
    if (at + headerBytes > from + held) {
      from = at;
      held = isAmongSmall ? fillPage(area, walk, page) : 0;
    }
    if (held === 0) {
      held = headerBytes;
      const own = page.subarray(0, headerBytes);
      if (!fillNow(area, at, own)) own.set(await area.read(at, headerBytes));
    }
    walk.take(view, at - from);
    isAmongSmall = at > 0 && walk.end - at <= smallBytes;
  }
}

/** Gives how many bytes it read, 0 where only a promise could read them or the page ends within the header. */
function fillPage(area: AreaReader, { wanted, tableEnd }: Walk, page: Uint8Array): number {
  const length = Math.min(pageBytes - (wanted % pageBytes), tableEnd - wanted);
  return length >= headerBytes && fillNow(area, wanted, page.subarray(0, length)) ? length : 0;
}
