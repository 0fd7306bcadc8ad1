/** What Next gives to the page of one thing. */
export interface IdInput {
  readonly params: Promise<{ readonly id: string }>;
}

/** What Next gives to the page of a list. */
export interface SearchInput {
  readonly searchParams: Promise<Record<string, string | string[] | undefined>>;
}
