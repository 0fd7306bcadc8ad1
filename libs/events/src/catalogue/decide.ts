import type { CatalogueData } from '@vestige/contract';

import { canonicalJson } from '../canonical-json.ts';
import { type Decider, type Decision, Refusal } from '../decider.ts';

/** What the fleet knows about a GUID, as its own stream tells. */
export interface Declaration {
  readonly isKnown: boolean;
  /** Null where nothing is declared, or it was withdrawn. */
  readonly data: CatalogueData | null;
}

export type CatalogueCommand =
  /** This is so of the GUID from now on, whatever was said of it before. */
  { readonly type: 'Declare'; readonly data: CatalogueData } | { readonly type: 'Withdraw' };

/** The rules of one GUID of the catalogue. Saying a thing twice changes nothing. */
export const catalogueDecider: Decider<Declaration, CatalogueCommand> = {
  initial: { isKnown: false, data: null },
  decide,
  evolve(declaration, event: Decision) {
    if (event.type === 'catalogue.withdrawn') return { isKnown: true, data: null };
    if (event.type === 'catalogue.declared' || event.type === 'catalogue.revised')
      return { isKnown: true, data: event.data };
    return declaration;
  },
};

function decide(command: CatalogueCommand, { isKnown, data }: Declaration): readonly Decision[] {
  if (command.type === 'Declare') {
    if (data === null) return [{ type: 'catalogue.declared', data: command.data }];
    const isSame = canonicalJson(data) === canonicalJson(command.data);
    return isSame ? [] : [{ type: 'catalogue.revised', data: command.data }];
  }
  if (!isKnown) throw new Refusal('guid-undeclared', 'Nothing was declared of this GUID.');
  return data === null ? [] : [{ type: 'catalogue.withdrawn', data: {} }];
}
