import type {
  Actor,
  EventData,
  EventType,
  GapReason,
  ObservationType,
  SecretRef,
  WipeEvidence,
  WipeFailure,
  WipeTarget,
} from '@vestige/contract';

import { observationEventId, secretId, uuid5 } from '../deterministic-id.ts';
import type { NewEvent } from '../entry.ts';

const at = '2026-01-31T12:00:00.000Z';
export const service: Actor = { kind: 'service' };
export const source = { kind: 'efi-secret', path: '/secrets/coco' } as const;

/** A UUID that stands for a word. */
export function idOf(word: string): string {
  return uuid5('00000000-0000-0000-0000-000000000000', [word]);
}

export function refOf(word: string): SecretRef {
  return { source, name: idOf(word), guid: idOf(word) };
}

/** Any event that is nobody's observation. */
export function fact<T extends EventType>(
  type: T,
  stream: string,
  data: EventData<T>,
  id: string = crypto.randomUUID(),
): NewEvent {
  return only({ id, type, stream, at, actor: service, data });
}

/** The compiler cannot tell which member of the union a type parameter selects. */
function only(event: object): NewEvent {
  return event as NewEvent;
}

export const evidence = (
  result: 'pass' | 'fail' | 'unknown',
  nameGone = result !== 'fail',
): WipeEvidence => ({
  technique: 'securityfs-unlink',
  filesystem: 'securityfs',
  bytesOverwritten: null,
  synced: false,
  startedAt: at,
  completedAt: at,
  verification: { nameGone, readBackZero: null, holders: null, result },
  caveats: [],
});

/** What one guest's agent reports in one boot, its seq without holes. */
export class GuestStory {
  readonly guest: string;
  readonly boot: string;
  #seq = 0;

  constructor(guest = 'guest', boot = 'boot 1') {
    this.guest = idOf(guest);
    this.boot = idOf(boot);
  }

  secret(word: string): string {
    return secretId(this.guest, this.boot, refOf(word));
  }

  target(word: string): WipeTarget {
    return { secret: this.secret(word), guest: this.guest, boot: this.boot, ref: refOf(word) };
  }

  enrolled(labels: Record<string, string> = {}, enrolmentToken = 'token'): NewEvent {
    const data = { name: 'db-1', labels, publicKey: 'key', enrolmentToken, agentVersion: '0.1.0' };
    return only({ ...fact('guest.enrolled', `guest-${this.guest}`, data), guest: this.guest });
  }

  saw<T extends ObservationType>(type: T, data: EventData<T>): NewEvent {
    const seq = this.#seq;
    this.#seq += 1;
    return only({
      ...fact(type, `guest-${this.guest}`, data),
      id: observationEventId(this.guest, this.boot, seq),
      actor: { kind: 'guest', id: this.guest },
      guest: this.guest,
      boot: this.boot,
      seq,
    });
  }

  booted(): NewEvent {
    const data = { bootedAt: at, kernel: '6.12', hostname: 'db-1', platform: 'sev-snp' } as const;
    return this.saw('guest.booted', data);
  }

  found(): NewEvent {
    return this.saw('source.found', {
      source,
      condition: 'populated',
      capabilities: ['per-item-wipe'],
      method: 'fanotify',
      detail: '',
    });
  }

  gap(reason: GapReason = 'before-agent-start'): NewEvent {
    return this.saw('agent.gap', { reason, from: null, until: null, lost: null, source: null });
  }

  discovered(word: string): NewEvent {
    return this.saw('secret.discovered', {
      secret: refOf(word),
      dataLength: 32,
      usage: 'disk key',
    });
  }

  read(word: string): NewEvent {
    const data = { reader: null, method: 'fanotify', extent: 'item' } as const;
    return this.saw('secret.read', { secret: refOf(word), ...data });
  }

  unlinked(word: string): NewEvent {
    return this.saw('secret.unlinked', { secret: refOf(word), actor: null, method: 'inotify' });
  }

  vanished(word: string): NewEvent {
    return this.saw('secret.vanished', { secret: refOf(word), detail: 'not listed' });
  }

  delivered(order: string, word: string): NewEvent {
    return this.saw('wipe.delivered', { order: idOf(order), secret: refOf(word) });
  }

  wiped(
    word: string,
    order: string | null = null,
    result: 'pass' | 'fail' | 'unknown' = 'pass',
  ): NewEvent {
    const id = order === null ? null : idOf(order);
    return this.saw('secret.wiped', { secret: refOf(word), order: id, evidence: evidence(result) });
  }

  wipeFailed(word: string, order: string, reason: WipeFailure): NewEvent {
    const data = { secret: refOf(word), order: idOf(order), reason, detail: 'as the agent says' };
    return this.saw('secret.wipe-failed', data);
  }
}
