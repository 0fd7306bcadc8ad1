'use client';
import { CircleAlert } from 'lucide-react';

import { Button } from '#ui/button.tsx';
import { Empty } from '#ui/note.tsx';

export default function ConsoleError({ retry }: { error: unknown; retry: () => void }) {
  return (
    <div role="alert" className="rounded-lg border bg-panel">
      <h1 className="sr-only">Error</h1>
      <Empty icon={CircleAlert} title="This page could not be shown">
        <p className="mb-3">Nothing was changed. Trying again often helps.</p>
        <Button onClick={retry}>Try again</Button>
      </Empty>
    </div>
  );
}
