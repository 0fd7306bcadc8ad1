const decimal = /^(?:0|[1-9][0-9]{0,15})$/;

/** An ASCII decimal without leading zeroes, as sizes, indexes and widths are written; null for anything else. */
export function parseDecimal(text: string): number | null {
  const value = decimal.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}
