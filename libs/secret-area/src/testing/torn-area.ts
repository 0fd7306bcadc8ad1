import { type AreaWriter, bufferArea } from '../reader.ts';

export interface TornArea extends AreaWriter {
  /** How many bytes writes have changed or could have. */
  written(): number;
}

/** An area whose power fails once so many bytes are written, in the middle of a write where that is where it falls. */
export function tornArea(bytes: Uint8Array, bytesUntilFailure = Infinity): TornArea {
  const area = bufferArea(bytes);
  let done = 0;
  return {
    ...area,
    written: () => done,
    async write(offset, data) {
      const left = bytesUntilFailure - done;
      await area.write(offset, data.subarray(0, Math.min(left, data.length)));
      done += data.length;
      if (left < data.length) throw new Error('power lost');
    },
  };
}

/** An area that keeps what was written since the last sync as any subset of its bytes once the power fails. */
export function cachedArea(
  durable: Uint8Array,
  failsAt: number,
  keeps: (offset: number) => boolean,
): AreaWriter {
  const seen = Uint8Array.from(durable);
  const area = bufferArea(seen);
  let steps = 0;
  const settle = (kept: (offset: number) => boolean) => {
    for (let at = 0; at < seen.length; at += 1) if (kept(at)) durable[at] = seen[at]!;
  };
  const step = () => {
    steps += 1;
    if (steps !== failsAt) return;
    settle(keeps);
    throw new Error('power lost');
  };
  return {
    ...area,
    async write(offset, data) {
      await area.write(offset, data);
      step();
    },
    async sync() {
      step();
      settle(() => true);
    },
  };
}
