import type {
  CheckpointConflict,
  Event,
  GapReason,
  Reader,
  RecordedEvent,
} from '@vestige/contract';

import { span } from '#time/format.ts';

import { typed } from './event-words.ts';

export const gapReasons: Record<GapReason, string> = {
  'before-agent-start': 'Before the agent started: prior access is unknown',
  'agent-down': 'The agent was down',
  'queue-overflow': 'The kernel’s event queue overflowed',
  'clock-backwards': 'The guest’s clock went backwards',
  'observer-unavailable': 'The kernel gave no way to observe',
  'mark-lost': 'The kernel dropped the watch',
  'reader-let-through': 'A reader was let through before the record was on disk',
  'journal-full': 'The agent’s journal was full',
};

const checkpointConflicts: Record<CheckpointConflict, string> = {
  inconsistent: 'The service showed this guest two histories of the log',
  'unknown-signer': 'A checkpoint was signed by a key that this guest does not know',
  'other-log': 'The service showed this guest a checkpoint of another log',
};

/** "pid 812, uid 0": what tells one process from another, as far as it was seen. */
export function readerText(reader: Reader | null): string {
  if (reader === null) return 'an unknown process';
  const who = reader.exe ?? reader.comm ?? 'a process that was gone at once';
  const uid = reader.uid === null ? '' : `, uid ${reader.uid}`;
  const login =
    reader.loginuid === null || reader.loginuid === reader.uid ? '' : `, login ${reader.loginuid}`;
  const unit = reader.unit === null ? '' : `, ${reader.unit}`;
  return `${who} (pid ${reader.pid}${uid}${login}${unit})`;
}

type Tellers = {
  [T in Event['type']]?: (data: Extract<Event, { type: T }>['data']) => string;
};

const orderOutcomes = {
  succeeded: 'Succeeded',
  partly: 'Partly done',
  failed: 'Failed',
  cancelled: 'Cancelled',
} as const;

const signInMethods = {
  password: 'With a password',
  'set-up': 'With the one-time link of the set-up',
  demo: 'With one click, into the demo',
} as const;

const outcomes = {
  verified: 'Wiped and verified',
  wiped: 'Wiped, not verified',
  'already-gone': 'Already gone; this order wiped nothing',
} as const;

const tellers: Tellers = {
  'guest.booted': ({ hostname, kernel }) => `${hostname}, ${kernel}`,
  'guest.enrolled': ({ name, agentVersion }) => `${name}, agent ${agentVersion}`,
  'agent.started': ({ version, mode, resumed }) =>
    `Version ${version}, ${mode} mode${resumed ? ', restarted in this boot' : ''}`,
  'agent.stopped': ({ reason }) => reason,
  'agent.gap': ({ reason, from, until, lost }) =>
    gapReasons[reason] +
    (from !== null && until !== null ? `, for ${span(from, until)}` : '') +
    (lost === null ? '' : `, ${lost} observations lost`),
  'agent.policies-taken': ({ count }) => `${counted(count, 'GUID')} under a policy`,
  'guest.quarantined': ({ detail }) => detail,
  'guest.released': ({ reason }) => reason,
  'catalogue.declared': ({ name }) => name,
  'catalogue.revised': ({ name }) => name,
  'agent.checkpoint-conflict': ({ reason }) => checkpointConflicts[reason],
  'source.found': ({ source, condition, detail }) => sourceText(source, condition, detail),
  'source.changed': ({ source, condition, detail }) => sourceText(source, condition, detail),
  'secret.discovered': ({ usage, dataLength }) =>
    [usage, dataLength === null ? null : `${dataLength} bytes`].filter(Boolean).join(', '),
  'secret.read': ({ reader, extent }) =>
    `By ${readerText(reader)}${extent === 'source' ? ', as part of the whole image' : ''}`,
  'secret.read-denied': ({ reader, reason }) => `${reason}: ${readerText(reader)}`,
  'secret.unlinked': ({ actor }) => `By ${readerText(actor)}`,
  'secret.wiped': ({ evidence }) =>
    ({
      pass: 'The check afterwards passed',
      fail: 'The check afterwards failed',
      unknown: 'The check afterwards could not tell everything',
    })[evidence.verification.result],
  'secret.wipe-failed': ({ reason, detail }) => `${reason}: ${detail}`,
  'secret.vanished': ({ detail }) => detail,
  'secret.ended': () => 'The guest booted anew',
  'wipe.requested': ({ reason, targets }) => `“${reason}”, ${counted(targets.length, 'secret')}`,
  'wipe.released': ({ approvals }) =>
    approvals === 0 ? 'No approval was needed' : counted(approvals, 'approval'),
  'wipe.delivered': () => 'The agent has it on disk; nothing was wiped yet',
  'wipe.confirmed': ({ outcome }) => outcomes[outcome],
  'wipe.refused': ({ detail }) => detail,
  'wipe.failed': ({ detail }) => detail,
  'wipe.expired': ({ secrets }) => counted(secrets.length, 'secret'),
  'wipe.lost': () => 'The guest’s boot ended first; we wiped nothing',
  'wipe.cancelled': ({ secrets }) => counted(secrets.length, 'secret'),
  'wipe.completed': ({ outcome }) => orderOutcomes[outcome],
  'operator.created': ({ role }) => `Role ${role}`,
  'session.opened': ({ method }) => signInMethods[method],
  'session.refused': ({ reason }) => reason,
  'token.issued': ({ role }) => `Role ${role}`,
  'enrolment-token.issued': ({ uses }) => (uses === 1 ? 'For one guest' : `For ${uses} guests`),
  'log.keys-changed': ({ keys }) => `${counted(keys.length, 'key')} from now on`,
  'log.exported': ({ from, to }) => `Positions ${from} to ${to - 1}`,
  'service.restored': ({ size }) => `Everything after the first ${size} entries was lost`,
  'service.started': ({ version, demo }) =>
    `Version ${version}${demo ? ', with a demo fleet' : ''}`,
};

function sourceText(source: { kind: string; path: string }, condition: string, detail: string) {
  return `${source.kind} at ${source.path}: ${condition}${detail === '' ? '' : `. ${detail}`}`;
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** How the secret is named in its source; null where the event is not about one secret. */
export function secretNameOf({ data }: RecordedEvent): string | null {
  const ref = data['secret'];
  const isRef = typeof ref === 'object' && ref !== null && 'name' in ref;
  return isRef && typeof ref.name === 'string' ? ref.name : null;
}

/** One sentence on what the event says beyond its type. */
export function eventDetail(event: RecordedEvent): string {
  const tell = tellers[event.type] as ((data: unknown) => string) | undefined;
  return tell?.(typed(event).data) ?? '';
}

/** Who did it, by name where one is known. */
export function actorText({ actor, actorName, guestName }: RecordedEvent): string {
  if (actor.kind === 'service') return 'the service';
  if (actor.kind === 'guest') return guestName ?? actorName ?? 'a guest';
  return actorName ?? `${actor.kind} ${actor.id}`;
}
