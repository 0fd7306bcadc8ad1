import type { AreaWriter } from '../reader.ts';

export interface Touch {
  what: 'read' | 'write' | 'sync';
  offset: number;
  length: number;
}

export interface WatchedArea extends AreaWriter {
  readonly touches: Touch[];
}

/** Writes down what is done to an area; `before` can make any step fail. */
export function watchedArea(
  area: AreaWriter,
  before: (touch: Touch) => void = () => {},
): WatchedArea {
  const touches: Touch[] = [];
  const note = (what: Touch['what'], offset: number, length: number) => {
    const touch = { what, offset, length };
    before(touch);
    touches.push(touch);
  };
  return {
    touches,
    size: area.size,
    async read(offset, length) {
      note('read', offset, length);
      return area.read(offset, length);
    },
    async write(offset, bytes) {
      note('write', offset, bytes.length);
      await area.write(offset, bytes);
    },
    async sync() {
      note('sync', 0, 0);
      await area.sync();
    },
  };
}
