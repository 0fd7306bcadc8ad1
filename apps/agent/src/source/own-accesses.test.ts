import { describe, expect, it } from 'vitest';

import type { WatchResult } from '../observe/observer.ts';
import { OwnAccesses } from './own-accesses.ts';
import type { SecretSource } from './secret-source.ts';

const watched = (method: WatchResult['method']): WatchResult => ({
  method,
  changes: method,
  detail: '',
});

/** How many of three openings that are asked for together run at most at the same time, and how many were announced. */
async function openThree(
  watchKind: SecretSource['watchKind'],
  watch: WatchResult | null,
): Promise<{ together: number; announced: number }> {
  let open = 0;
  let together = 0;
  let announced = 0;
  const source = { source: { kind: 'efi-secret', path: '/s' }, watchKind } as SecretSource;
  const access = new OwnAccesses().under(watch, source, {
    duringOwnAccess: async (_, run) => {
      announced += 1;
      return run();
    },
  });
  const openOne = async (): Promise<void> => {
    open += 1;
    together = Math.max(together, open);
    await new Promise((resolve) => setImmediate(resolve));
    open -= 1;
  };
  await Promise.all([access(openOne), access(openOne), access(openOne)]);
  return { together, announced };
}

describe('OwnAccesses', () => {
  it('lets files be opened side by side where the kernel tells who opens them, or nobody watches', async () => {
    const free = { together: 3, announced: 0 };
    expect(await openThree('directory', watched('fanotify-permission'))).toStrictEqual(free);
    expect(await openThree('directory', null)).toStrictEqual(free);
  });

  it('announces each and allows one at a time where the kernel does not tell who', async () => {
    const one = { together: 1, announced: 3 };
    expect(await openThree('directory', watched('inotify'))).toStrictEqual(one);
  });

  it('allows one at a time to an image, which each of them writes as a whole', async () => {
    expect(await openThree('file', watched('fanotify-permission'))).toMatchObject({ together: 1 });
    expect(await openThree('file', null)).toStrictEqual({ together: 1, announced: 0 });
  });
});
