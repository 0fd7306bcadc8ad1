import type { Labels, Role } from '@vestige/contract';
import { EntitySchema } from 'typeorm';

/** A person. `demo` is the one account without a password, usable on loopback only. */
export interface OperatorRow {
  id: string;
  name: string;
  role: Role;
  passwordHash: string | null;
  createdAt: number;
}

export interface SessionRow {
  /** SHA-256 of the session's id. */
  hash: string;
  operator: string;
  openedAt: number;
  usedAt: number;
}

export interface ApiTokenRow {
  /** SHA-256 of the token. */
  hash: string;
  id: string;
  name: string;
  role: Role;
  createdAt: number;
}

export interface EnrolmentTokenRow {
  id: string;
  /** SHA-256 of the whole token. */
  hash: string;
  labels: Labels;
  uses: number;
  issuedAt: number;
  expiresAt: number;
  revokedAt: number | null;
}

/** The k-th use of an enrolment token belongs to one key for good. */
export interface EnrolmentUseRow {
  token: string;
  k: number;
  guest: string;
  publicKey: string;
}

export interface SetUpLinkRow {
  id: number;
  hash: string;
  expiresAt: number;
}

/** What a guest is to show next, and what it showed last. */
export interface JoinStateRow {
  guest: string;
  /** SHA-256 of the state that the guest was given last. */
  current: string;
  /** SHA-256 of the state in exchange for which it was given. */
  previous: string;
  /** Makes the current state of the previous one, which is to be shown for it: with this table alone nobody can. */
  nonce: string;
  /** What the guest said with the previous state: the batch of this boot that ended with this seq. */
  boot: string;
  through: number;
}

const text = { type: 'text' } as const;
const time = { type: 'bigint' } as const;

export const Operators = new EntitySchema<OperatorRow>({
  name: 'operator',
  synchronize: false,
  columns: {
    id: { ...text, primary: true },
    name: { ...text, unique: true },
    role: text,
    passwordHash: { ...text, name: 'password_hash', nullable: true },
    createdAt: { ...time, name: 'created_at' },
  },
});

export const Sessions = new EntitySchema<SessionRow>({
  name: 'session',
  synchronize: false,
  columns: {
    hash: { ...text, primary: true },
    operator: text,
    openedAt: { ...time, name: 'opened_at' },
    usedAt: { ...time, name: 'used_at' },
  },
});

export const ApiTokens = new EntitySchema<ApiTokenRow>({
  name: 'api_token',
  synchronize: false,
  columns: {
    hash: { ...text, primary: true },
    id: { ...text, unique: true },
    name: text,
    role: text,
    createdAt: { ...time, name: 'created_at' },
  },
});

export const EnrolmentTokens = new EntitySchema<EnrolmentTokenRow>({
  name: 'enrolment_token',
  synchronize: false,
  columns: {
    id: { ...text, primary: true },
    hash: text,
    labels: { type: 'simple-json' },
    uses: { type: 'integer' },
    issuedAt: { ...time, name: 'issued_at' },
    expiresAt: { ...time, name: 'expires_at' },
    revokedAt: { ...time, name: 'revoked_at', nullable: true },
  },
});

export const EnrolmentUses = new EntitySchema<EnrolmentUseRow>({
  name: 'enrolment_use',
  synchronize: false,
  columns: {
    token: { ...text, primary: true },
    k: { type: 'integer', primary: true },
    guest: text,
    publicKey: { ...text, name: 'public_key' },
  },
});

export const SetUpLinks = new EntitySchema<SetUpLinkRow>({
  name: 'set_up_link',
  synchronize: false,
  columns: {
    id: { type: 'integer', primary: true },
    hash: text,
    expiresAt: { ...time, name: 'expires_at' },
  },
});

export const JoinStates = new EntitySchema<JoinStateRow>({
  name: 'join_state',
  synchronize: false,
  columns: {
    guest: { ...text, primary: true },
    current: { ...text, name: 'current_hash' },
    previous: { ...text, name: 'previous_hash' },
    nonce: text,
    boot: text,
    through: { type: 'integer' },
  },
});
