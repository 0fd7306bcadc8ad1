/** What to do with an event, by its type; for types that are not named there is nothing to do. */
export type ByType<E extends { type: string }, Rest extends readonly unknown[], Result> = {
  readonly [T in E['type']]?: (event: Extract<E, { type: T }>, ...rest: Rest) => Result;
};

/** Does what is named for the event's type; undefined where nothing is. */
export function byType<E extends { type: string }, Rest extends readonly unknown[], Result>(
  handlers: ByType<E, Rest, Result>,
  event: E,
  ...rest: Rest
): Result | undefined {
  // The compiler cannot see that the handler found under a type takes the event of that type.
  const handler = handlers[event.type as E['type']] as
    | ((event: E, ...rest: Rest) => Result)
    | undefined;
  return handler?.(event, ...rest);
}
