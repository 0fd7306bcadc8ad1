import { SearchX } from 'lucide-react';

import { links } from '#links.ts';
import { TextLink } from '#ui/link.tsx';
import { Empty } from '#ui/note.tsx';

export default function NotFound() {
  return (
    <div className="rounded-lg border bg-panel">
      <h1 className="sr-only">Not found</h1>
      <Empty icon={SearchX} title="The service knows nothing under this id">
        It may be of another fleet, or the link was mistyped. Look among the{' '}
        <TextLink href={links.secrets()}>secrets</TextLink>, the{' '}
        <TextLink href={links.guests()}>guests</TextLink> or the{' '}
        <TextLink href={links.wipes()}>wipes</TextLink>.
      </Empty>
    </div>
  );
}
