import type { EventType, SecretState, SourceKind, TargetState, WipeState } from '@vestige/contract';

export interface SecretFilter {
  state?: SecretState;
  guest?: string;
  guid?: string;
  source?: SourceKind;
  read?: boolean;
  q?: string;
}

export interface GuestFilter {
  presence?: 'online' | 'silent' | 'stopped';
  condition?: 'populated' | 'empty' | 'corrupt' | 'absent';
  gaps?: boolean;
  q?: string;
}

export interface WipeFilter {
  state?: WipeState;
  outcome?: 'succeeded' | 'partly' | 'failed' | 'cancelled';
}

export interface TargetFilter {
  target?: TargetState;
}

export interface EventFilter {
  type?: EventType;
  guest?: string;
  guid?: string;
  secret?: string;
  wipe?: string;
}

function address(path: string, query: object = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== null) search.set(name, String(value));
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}

/** Every address of the dashboard. Nothing else builds one. */
export const links = {
  overview: () => '/',
  guests: (filter: GuestFilter = {}) => address('/guests', filter),
  guest: (id: string) => `/guests/${id}`,
  secrets: (filter: SecretFilter = {}) => address('/secrets', filter),
  secret: (id: string) => `/secrets/${id}`,
  wipes: (filter: WipeFilter = {}) => address('/wipes', filter),
  wipe: (id: string) => `/wipes/${id}`,
  events: (filter: EventFilter = {}) => address('/events', filter),
  enrol: () => '/enrol',
  setUp: () => '/set-up',
  signIn: (from?: string) =>
    address('/sign-in', from === undefined || from === '/' ? {} : { from }),
} as const;

/** Where to go after signing in: a path of this dashboard, never another host. */
export function safeReturn(from: string | null | undefined): string {
  if (from === null || from === undefined) return links.overview();
  const isOwnPath = /^\/(?![/\\])/.test(from) && !/[\\\p{Cc}]/u.test(from);
  return isOwnPath ? from : links.overview();
}
