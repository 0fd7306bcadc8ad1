/** No text of an observation may be longer; see the schemas of the contract. */
const lengthMax = 1024;
const controlCharacter = /\p{Cc}/u;
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Whether every text of a value is one that the contract may take. The worker makes its records from bounded texts by
 * their types; this holds where it should fail in that, and spares its thread the schemas, which are most of the memory
 * that it would need.
 */
export function isTellable(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= lengthMax && !controlCharacter.test(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every(isTellable);
}

/** As the contract's `Guid`. */
export function isGuid(text: string): boolean {
  return guid.test(text);
}
