import type { Guest } from '@vestige/contract';

import { Time } from '#time/time.tsx';
import { Badge } from '#ui/badge.tsx';

import { presenceWords, quarantined } from './guest-words.ts';

type Heard = Pick<Guest, 'presence' | 'lastSeen'> & Partial<Pick<Guest, 'quarantined'>>;

/** Whether the guest is heard, since when not, and whether what it says is taken. */
export function LastHeard({ guest }: { guest: Heard }) {
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2 whitespace-nowrap">
      {guest.quarantined === true ? <Badge word={quarantined} /> : null}
      <Badge word={presenceWords[guest.presence]} />
      {guest.presence === 'online' ? null : (
        <span className="text-xs text-ink-2">
          last reported <Time at={guest.lastSeen} />
        </span>
      )}
    </span>
  );
}
