import type { Event, EventType, RecordedEvent } from '@vestige/contract';
import {
  Bot,
  CircleAlert,
  CircleCheck,
  CircleX,
  CloudOff,
  Eraser,
  Eye,
  EyeOff,
  Ghost,
  Hand,
  Inbox,
  KeyRound,
  LogIn,
  type LucideIcon,
  PackageOpen,
  Plus,
  PowerOff,
  Send,
  Server,
  ShieldAlert,
  Ticket,
  Timer,
  Unlink,
  UserPlus,
} from 'lucide-react';

import type { Tone } from '#ui/tone.ts';

interface EventWord {
  readonly word: string;
  readonly icon: LucideIcon;
  readonly tone: Tone;
}

const say = (word: string, icon: LucideIcon, tone: Tone = 'muted'): EventWord => ({
  word,
  icon,
  tone,
});

/** What each type of event is called on a screen. */
export const eventWords: Record<EventType, EventWord> = {
  'guest.booted': say('Guest booted', PowerOff),
  'guest.enrolled': say('Guest enrolled', Plus, 'accent'),
  'agent.started': say('Agent started', Bot),
  'agent.stopped': say('Agent stopped', Bot),
  'agent.gap': say('Not observed', EyeOff, 'warn'),
  'agent.policies-taken': say('Policies taken', Bot),
  'guest.quarantined': say('Guest quarantined', ShieldAlert, 'bad'),
  'guest.released': say('Guest released', Plus),
  'catalogue.declared': say('GUID declared', KeyRound),
  'catalogue.revised': say('GUID revised', KeyRound),
  'catalogue.withdrawn': say('GUID withdrawn', KeyRound),
  'agent.checkpoint-conflict': say('Log contradicted itself', ShieldAlert, 'bad'),
  'source.found': say('Source found', PackageOpen),
  'source.changed': say('Source changed', PackageOpen),
  'secret.discovered': say('Secret discovered', KeyRound, 'info'),
  'secret.read': say('Secret read', Eye, 'info'),
  'secret.read-denied': say('Read denied', Hand, 'warn'),
  'secret.unlinked': say('Unlinked locally', Unlink, 'warn'),
  'secret.wiped': say('Wiped in the guest', Eraser, 'ok'),
  'secret.wipe-failed': say('Wipe failed in the guest', CircleX, 'bad'),
  'secret.vanished': say('Vanished', Ghost, 'bad'),
  'secret.ended': say('Ended with its boot', PowerOff),
  'wipe.requested': say('Wipe requested', Timer, 'accent'),
  'wipe.released': say('Wipe released to the guests', Send, 'accent'),
  'wipe.delivered': say('Wipe order delivered', Inbox, 'info'),
  'wipe.confirmed': say('Wipe confirmed', CircleCheck, 'ok'),
  'wipe.refused': say('Wipe refused', Hand, 'bad'),
  'wipe.failed': say('Wipe failed', CircleX, 'bad'),
  'wipe.expired': say('Wipe expired', CircleAlert, 'bad'),
  'wipe.lost': say('Wipe lost with its guest', CloudOff, 'warn'),
  'wipe.cancelled': say('Wipe cancelled', CircleX),
  'wipe.completed': say('Wipe order completed', CircleCheck),
  'operator.created': say('Operator created', UserPlus),
  'session.opened': say('Signed in', LogIn),
  'session.refused': say('Sign-in refused', Hand, 'warn'),
  'session.closed': say('Signed out', LogIn),
  'token.issued': say('API token issued', Ticket),
  'enrolment-token.issued': say('Enrolment token issued', Ticket),
  'enrolment-token.revoked': say('Enrolment token revoked', Ticket),
  'log.keys-changed': say('Signing keys changed', KeyRound, 'warn'),
  'log.exported': say('Log exported', PackageOpen),
  'service.started': say('Service started', Server),
  'service.stopped': say('Service stopped', Server),
  'service.restored': say('Log restored with a gap', ShieldAlert, 'bad'),
};

/** The event with its data typed by its type. The API checked the one against the other when it took the event in. */
export function typed(event: RecordedEvent): Event {
  return event as unknown as Event;
}
