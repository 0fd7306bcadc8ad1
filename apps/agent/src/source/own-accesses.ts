import type { Observer, WatchResult } from '../observe/observer.ts';
import { Serial } from '../serial.ts';
import { type OwnAccess, type SecretSource, unwatched } from './secret-source.ts';

/** The agent's own openings of what one source shows, kept from counting as reads by somebody. */
export class OwnAccesses {
  readonly #serial = new Serial();

  under(
    watch: WatchResult | null,
    { source, watchKind }: SecretSource,
    observer: Pick<Observer, 'duringOwnAccess'>,
  ): OwnAccess {
    const isToldApart = watch === null || watch.method.startsWith('fanotify');
    if (watchKind === 'directory' && isToldApart) return unwatched;
    // An image is one thing to write to; and where readers are not told apart, a second opening is somebody else's.
    return (open) =>
      this.#serial.run(() => (watch === null ? open() : observer.duringOwnAccess(source, open)));
  }
}
