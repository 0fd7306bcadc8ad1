/** For an option that may be said several times: `--guid A file --guid B`. */
export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}
