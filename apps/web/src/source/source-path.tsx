import type { Source } from '@vestige/contract';

/** The last two parts of a path: enough to tell sources of one kind apart where there is no room for all of it. */
export function pathTail(path: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.length <= 2 ? path : `…/${parts.slice(-2).join('/')}`;
}

/** The kind of a source and where it is. */
export function SourceCell({ source }: { source: Source }) {
  return (
    <div className="min-w-0 font-mono text-xs" title={source.path}>
      <p>{source.kind}</p>
      <p className="truncate text-ink-2">{pathTail(source.path)}</p>
    </div>
  );
}
