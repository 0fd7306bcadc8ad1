import { z } from 'zod';

export const Role = z.enum(['viewer', 'auditor', 'operator', 'approver', 'admin']);
export type Role = z.infer<typeof Role>;

/** Everything that a person or an API token may be allowed to do. */
export const Action = z.enum([
  'read',
  'wipe.request',
  'wipe.cancel',
  'enrolment-token.issue',
  'enrolment-token.revoke',
  'session.close',
  'follower.rebuild',
  'catalogue.change',
  'guest.quarantine',
  'guest.release',
]);
export type Action = z.infer<typeof Action>;

const allowed: Record<Role, readonly Action[]> = {
  viewer: ['read', 'session.close'],
  auditor: ['read', 'session.close'],
  operator: [
    'read',
    'wipe.request',
    'wipe.cancel',
    'enrolment-token.issue',
    'enrolment-token.revoke',
    'session.close',
    'follower.rebuild',
    'catalogue.change',
    'guest.quarantine',
    'guest.release',
  ],
  approver: ['read', 'session.close'],
  admin: Action.options,
};

export type Verdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: string };

const yes: Verdict = { allowed: true };
const no = (reason: string): Verdict => ({ allowed: false, reason });

/** May this actor do this now, or why not. Deny by default; the API asks for every route, the screens for every button. */
export function can(actor: { readonly role: Role }, action: Action): Verdict {
  return allowed[actor.role].includes(action)
    ? yes
    : no(
        `The role "${actor.role}" does not include "${action}". Ask an admin for a role that does.`,
      );
}

/** Where a secret stands as far as a wipe is concerned. */
export interface Wipeable {
  readonly state: string;
  readonly capabilities: readonly string[];
  readonly pendingWipe: string | null;
}

/** May this secret be the target of a wipe order now, or why not. Used by the decision and by the button. */
export function canWipe(secret: Wipeable): Verdict {
  if (secret.state !== 'present')
    return no(`The secret is not present any more: it is ${secret.state}.`);
  if (secret.pendingWipe !== null)
    return no(`A wipe of this secret is under way: order ${secret.pendingWipe}.`);
  if (!secret.capabilities.includes('per-item-wipe'))
    return no('Its source cannot wipe single items.');
  return yes;
}
