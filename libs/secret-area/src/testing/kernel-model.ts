/** Linux's rules 1 to 7, written down a second time, plainly and without a line of the library's own walk. */
export interface Modelled {
  directory: boolean;
  visible: string[];
  error: null | 'EINVAL' | 'EEXIST';
}

const nothing = (error: Modelled['error']): Modelled => ({ directory: false, visible: [], error });

export function modelKernel(area: Uint8Array): Modelled {
  const bytes = Buffer.from(area);
  if (bytes.length < 20) return nothing('EINVAL');
  if (guidAt(bytes, 0) !== '1e74f542-71dd-4d66-963e-ef4287ff173b') return nothing(null);
  const length = bytes.readUInt32LE(16);
  return length < 20 || length > bytes.length ? nothing('EINVAL') : files(bytes, length);
}

function files(bytes: Buffer, length: number): Modelled {
  const visible: string[] = [];
  let left = length - 20;
  let at = 20;
  while (left >= 20 && visible.length < 64) {
    const size = bytes.readUInt32LE(at + 16);
    if (size < 20 || size > left) return nothing('EINVAL');
    const guid = guidAt(bytes, at);
    if (visible.includes(guid)) return nothing('EEXIST');
    if (guid !== '00000000-0000-0000-0000-000000000000') visible.push(guid);
    left -= size;
    at += size;
  }
  return { directory: true, visible, error: null };
}

function guidAt(bytes: Buffer, at: number): string {
  const part = (from: number, to: number) => bytes.toString('hex', at + from, at + to);
  const reversed = (from: number, to: number) =>
    Buffer.from(bytes.subarray(at + from, at + to).toReversed()).toString('hex');
  return [reversed(0, 4), reversed(4, 6), reversed(6, 8), part(8, 10), part(10, 16)].join('-');
}
