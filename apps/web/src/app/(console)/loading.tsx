import { Skeleton } from '#ui/shown.tsx';

export default function Loading() {
  return (
    <div className="rounded-lg border bg-panel">
      <Skeleton rows={10} />
    </div>
  );
}
