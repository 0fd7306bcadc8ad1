import { z } from 'zod';

import { Role } from './can.ts';
import { endpoint } from './endpoint.ts';
import { filledLine, Time } from './primitives.ts';

export const passwordMin = 15;
const OperatorName = filledLine(100);
const NewPassword = z.string().min(passwordMin).max(1000);

export const Session = z.object({
  /** The person, or the API token, behind the request. */
  id: z.string(),
  kind: z.enum(['operator', 'token']),
  name: z.string(),
  role: Role,
  expiresAt: Time.nullable(),
  /** Whether the service runs a demo fleet. */
  demo: z.boolean(),
});
export type Session = z.infer<typeof Session>;

/** What a sign-in page must know before anybody has signed in. */
export const signInOptions = endpoint({
  method: 'GET',
  path: '/v1/session/options',
  summary: 'How one can sign in',
  caller: 'anyone',
  response: z.object({
    /** No person exists yet: the one-time link that the service printed makes the first. */
    setUpRequired: z.boolean(),
    /** One click is enough: a demo on loopback. */
    demo: z.boolean(),
  }),
});

export const getSession = endpoint({
  method: 'GET',
  path: '/v1/session',
  summary: 'Who am I',
  caller: 'people',
  action: 'read',
  response: Session,
});

export const signIn = endpoint({
  method: 'POST',
  path: '/v1/session',
  summary: 'Sign in with name and password',
  caller: 'anyone',
  body: z.strictObject({ name: OperatorName, password: z.string().min(1).max(1000) }),
  response: Session,
  status: 201,
});

export const signInToDemo = endpoint({
  method: 'POST',
  path: '/v1/session/demo',
  summary: 'Sign in to a demo on loopback',
  caller: 'anyone',
  body: z.strictObject({}),
  response: Session,
  status: 201,
});

export const setUp = endpoint({
  method: 'POST',
  path: '/v1/session/set-up',
  summary: 'Make the first admin with the one-time link and sign in',
  caller: 'anyone',
  body: z.strictObject({ token: filledLine(200), name: OperatorName, password: NewPassword }),
  response: Session,
  status: 201,
});

export const signOut = endpoint({
  method: 'DELETE',
  path: '/v1/session',
  summary: 'Sign out',
  caller: 'people',
  action: 'session.close',
  response: z.null(),
  status: 204,
});
