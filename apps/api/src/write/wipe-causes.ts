import { pageLimitMax, type WipeSelection } from '@vestige/contract';
import type { FoundSecret } from '@vestige/events';

/** A secret that cannot be wiped, and why. */
export interface Unfit {
  readonly found: FoundSecret;
  readonly reason: string;
}

const ordersNamed = 3;

/** One sentence for each cause, with how many secrets it concerns. */
export function causesText(unfit: readonly Unfit[]): string {
  const causes = new Map<string, FoundSecret[]>();
  for (const one of unfit) {
    const cause = causeOf(one);
    causes.set(cause, [...(causes.get(cause) ?? []), one.found]);
  }
  const sentences = [...causes].map(([cause, found]) => sentence(cause, found));
  if (unfit.length >= pageLimitMax) sentences.unshift(`Of the first ${unfit.length}:`);
  return sentences.join(' ');
}

/** Of a facet that no secret has, whatever its state; null where every facet has some. */
export function unknownText(
  { guids = [], labels = {} }: WipeSelection,
  known: { readonly guids: boolean; readonly labels: boolean },
): string | null {
  const what = [
    ...(known.guids ? [] : [guids.length > 1 ? 'any of these GUIDs' : 'this GUID']),
    ...(known.labels
      ? []
      : [Object.keys(labels).length > 1 ? 'all of these labels' : 'this label']),
  ];
  return what.length === 0 ? null : `No secret in the fleet has ${what.join(' or ')}.`;
}

function causeOf({ found: { state, pendingWipe }, reason }: Unfit): string {
  if (state !== 'present') return `not present any more, ${state}`;
  if (pendingWipe !== null) return 'a wipe is under way';
  return reason.charAt(0).toLowerCase() + reason.slice(1).replace(/\.$/, '');
}

function sentence(cause: string, found: readonly FoundSecret[]): string {
  const count = found.length === 1 ? '1 secret' : `${found.length} secrets`;
  return `${count}: ${[cause, ...ordersText(found)].join(', ')}.`;
}

function ordersText(found: readonly FoundSecret[]): string[] {
  const orders = [
    ...new Set(
      found.flatMap(({ state, pendingWipe }) =>
        state === 'present' && pendingWipe !== null ? [pendingWipe] : [],
      ),
    ),
  ];
  if (orders.length === 0) return [];
  const others = orders.length - ordersNamed;
  const named = orders.slice(0, ordersNamed).join(', ');
  return [
    `${orders.length === 1 ? 'order' : 'orders'} ${named}${others > 0 ? ` and ${others} more` : ''}`,
  ];
}
