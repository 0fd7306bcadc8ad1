'use client';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { Guest } from '@vestige/contract';

import { guestSecretsQuestion } from '#guest/guest-questions.ts';
import { confirmationOf } from '#secret/secret-words.ts';
import { useWhyNot } from '#session/session-context.tsx';

import { WipeDialog } from './wipe-dialog.tsx';

/** Orders the wipe of all that a guest holds now. */
export function WipeGuestButton({ guest }: { guest: Guest }) {
  const mayNot = useWhyNot('wipe.request');
  const nothing =
    guest.secrets.present === 0 ? 'The guest holds no secret that could be wiped.' : null;
  const secrets = useInfiniteQuery(guestSecretsQuestion(guest.id));
  const listed = secrets.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <WipeDialog
      label="Wipe all its secrets…"
      why={mayNot ?? nothing}
      select={{ guests: [guest.id] }}
      pathOf={(id) => listed.find((secret) => secret.id === id)?.source.path ?? null}
      title={`Wipe all secrets in ${guest.name}?`}
      confirmation={confirmationOf(guest.name)}
      confirmationOf={`the guest’s name, ${guest.name}`}
    />
  );
}
