import type { Observable } from 'rxjs';

/** How far a follower has come: it has taken every event before `position`. */
export interface FollowerStatus {
  readonly name: string;
  readonly kind: 'view' | 'reactor' | 'tree';
  readonly position: number;
  /** Why it stands still; null while it does not. */
  readonly failure: string | null;
  /** How far its new rows are while it is made anew; null while it is not. */
  readonly rebuilding: number | null;
  /** Why it could not be made anew the last time; null where it could, or nobody tried. */
  readonly rebuildFailure: string | null;
}

/** What turns the log into views, reactions and the Merkle tree. */
export interface Followers {
  /** Resolves when every view shows the event at this position; rejects with `follower-failed` if one never will. */
  reached(position: number): Promise<void>;
  /** Resolves when every view and every reactor has taken all there is, reactions included. */
  settled(): Promise<void>;
  status(): FollowerStatus[];
  /** Makes a view, or the tree, anew from the log while the old rows stay readable until the new ones are complete. */
  rebuild(name: string, onProgress?: (position: number) => void): Promise<void>;
  /** A size, as in `grew`: every view shows all events before it. Starts with the current one. */
  readonly caughtUp: Observable<number>;
}
