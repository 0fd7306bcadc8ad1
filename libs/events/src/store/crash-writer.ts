import { writeSync } from 'node:fs';

import { openLog } from '../open-log.ts';
import { fact, idOf } from '../testing/guest-story.ts';

/** Appends for ever, from many callers at once, and prints each id once it is acknowledged. */
export async function appendForEver(file: string, round: string): Promise<void> {
  const { store } = await openLog({ file });
  const callers = Array.from({ length: 8 }, async (_, caller) => {
    for (let n = 0; ; n += 1) {
      const id = idOf(`${round} ${caller} ${n}`);
      const [appended] = await store.append([fact('service.stopped', 'service', {}, id)]);
      writeSync(1, `${appended!.position} ${id}\n`);
    }
  });
  await Promise.all(callers);
}
