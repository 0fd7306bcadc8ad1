import type { Guest } from '@vestige/contract';

import { Time } from '#time/time.tsx';
import { Badge } from '#ui/badge.tsx';

import { presenceWords } from './guest-words.ts';

/** Whether the guest is heard, and since when not. */
export function LastHeard({ guest }: { guest: Pick<Guest, 'presence' | 'lastSeen'> }) {
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2 whitespace-nowrap">
      <Badge word={presenceWords[guest.presence]} />
      {guest.presence === 'online' ? null : (
        <span className="text-xs text-ink-2">
          last reported <Time at={guest.lastSeen} />
        </span>
      )}
    </span>
  );
}
