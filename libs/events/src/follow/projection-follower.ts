import type { Projection } from './projection.ts';

/** A projection as this process knows it: how far it is, whoever moved it, and why it stands still here. */
export class ProjectionFollower {
  readonly projection: Projection;
  position = 0;
  failure: Error | null = null;
  /** How far its new rows are while it is made anew. */
  rebuilding: number | null = null;
  /** Why it could not be made anew the last time; null where it could, or nobody tried. */
  rebuildFailure: Error | null = null;

  constructor(projection: Projection) {
    this.projection = projection;
  }

  get name(): string {
    return this.projection.name;
  }
}
