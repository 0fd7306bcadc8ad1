'use client';
import { canWipe, type Secret } from '@vestige/contract';

import { confirmationOf, secretTitle } from '#secret/secret-words.ts';
import { useWhyNot } from '#session/session-context.tsx';

import { WipeDialog } from './wipe-dialog.tsx';

/** Orders the wipe of one secret; off, with the reason, where that cannot be done. */
export function WipeSecretButton({ secret }: { secret: Secret }) {
  const mayNot = useWhyNot('wipe.request');
  const verdict = canWipe(secret);
  return (
    <WipeDialog
      label="Wipe…"
      why={mayNot ?? (verdict.allowed ? null : verdict.reason)}
      select={{ secrets: [secret.id] }}
      pathOf={() => secret.source.path}
      title={`Wipe ${secretTitle(secret)} in ${secret.guestName}?`}
      confirmation={confirmationOf(secret.guid ?? secret.name)}
      confirmationOf={
        secret.guid === null ? `its name, ${secret.name}` : `its GUID, ${secret.guid}`
      }
    />
  );
}
