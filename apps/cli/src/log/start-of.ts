/** What a tlog-proof begins with (C2SP tlog-proof). */
export const proofStart = 'c2sp.org/tlog-proof@v1\n';

/** The first characters of a stream, as many as tell a proof, and all of it to read from the start. */
export async function startOf(
  source: AsyncIterable<Uint8Array>,
): Promise<{ start: string; rest: AsyncIterable<Uint8Array> }> {
  const chunks = source[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  let isAtEnd = false;
  while (head.length < proofStart.length && !isAtEnd) {
    const { done, value } = await chunks.next();
    if (done === true) isAtEnd = true;
    // Not copied where one chunk is enough: it is used before the next is asked for.
    else head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  return {
    start: Buffer.from(head.subarray(0, proofStart.length)).toString('latin1'),
    rest: following(head, chunks),
  };
}

async function* following(
  head: Uint8Array,
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      yield next.value;
    }
  } finally {
    await chunks.return?.();
  }
}
