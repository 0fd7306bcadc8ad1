import { viewProjection } from './follow/projection.ts';
import { treeProjection } from './follow/tree.ts';
import { allReactors } from './react/all.ts';
import { allViews } from './views/all.ts';

/** A follower, the shape that this version of the program gives it, and the statement that forgets another shape's rows. */
export interface FollowerShape {
  readonly name: string;
  readonly shape: string;
  readonly forget: string | null;
}

/** Every follower. The tables of views are TypeORM's to make, that of the tree is there already; reactors have none. */
export function shapes(): FollowerShape[] {
  const tree = treeProjection(null);
  return [
    ...allViews
      .map((view) => viewProjection(view))
      .map(({ name, shape, table }) => ({
        name,
        shape,
        forget: `DROP TABLE IF EXISTS "${table.name}"`,
      })),
    { name: tree.name, shape: tree.shape, forget: `DELETE FROM "${tree.table.name}"` },
    ...allReactors.map(({ name }) => ({ name, shape: '', forget: null })),
  ];
}
