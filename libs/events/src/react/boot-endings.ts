import type { BootId } from '@vestige/contract';

import { endingEventId } from '../deterministic-id.ts';
import type { NewEvent, Recorded } from '../entry.ts';
import type { Reactor } from '../follow/reactor.ts';
import { findGuest } from '../views/guests.ts';
import { presentInOtherBoots } from '../views/query-secrets.ts';
import type { SecretRow } from '../views/secrets.ts';

const firstWords = [
  'secret.discovered',
  'secret.read',
  'secret.read-denied',
  'secret.wiped',
  'secret.wipe-failed',
] as const;

/** A new boot ends what was present in the guest's earlier ones. */
export const bootEndings: Reactor = {
  name: 'boot-endings',
  // An earlier boot's journal may arrive after the next boot began, and whatever names a secret first makes it known.
  types: ['guest.booted', ...firstWords],
  // Reads are the most frequent events of all, and one look at a boot does for a whole batch of them.
  matterOf: ({ event }) =>
    event.type === 'guest.booted' ? null : `${event.guest!} ${event.boot!}`,
  async react(recorded, { store, dataSource }) {
    const { event } = recorded;
    const guest = await findGuest(dataSource, event.guest!);
    const boot = guest?.boot ?? null;
    if (boot === null || (event.type !== 'guest.booted' && event.boot === boot)) return;
    const left = await presentInOtherBoots(dataSource, event.guest!, boot);
    if (left.length > 0) await store.append(left.map((secret) => ending(secret, boot, recorded)));
  },
};

function ending(secret: SecretRow, nextBoot: BootId, { event }: Recorded): NewEvent {
  const { id, guest, boot, sourceKind, sourcePath, name, guid } = secret;
  return {
    id: endingEventId(id),
    type: 'secret.ended',
    stream: `guest-${guest}`,
    at: event.at,
    actor: { kind: 'service' },
    guest,
    boot,
    data: { secret: { source: { kind: sourceKind, path: sourcePath }, name, guid }, nextBoot },
  };
}
