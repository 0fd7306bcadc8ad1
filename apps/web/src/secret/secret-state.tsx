import type { Secret } from '@vestige/contract';
import NextLink from 'next/link';

import { links } from '#links.ts';
import { Badge } from '#ui/badge.tsx';

import { isHearsay, secretWord, wipePendingWord } from './secret-words.ts';

/** How a secret stands; of a guest that is not heard, only what it last said. */
export function SecretStateBadges({ secret }: { secret: Secret }) {
  const word = secretWord(secret);
  const hearsay = isHearsay(secret);
  return (
    <span className="inline-flex flex-wrap items-center gap-1">
      <Badge
        hearsay={hearsay}
        word={
          hearsay
            ? {
                ...word,
                word: 'Last reported present',
                meaning: `The guest is ${secret.guestPresence}: this is what it last reported, not what is.`,
              }
            : word
        }
      />
      {secret.pendingWipe === null ? null : (
        <NextLink href={links.wipe(secret.pendingWipe)} prefetch={false} className="rounded">
          <Badge word={wipePendingWord} className="underline underline-offset-2" />
        </NextLink>
      )}
    </span>
  );
}
