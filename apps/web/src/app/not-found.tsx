import { links } from '#links.ts';
import { Front } from '#shell/front.tsx';
import { TextLink } from '#ui/link.tsx';

export default function NotFound() {
  return (
    <Front title="There is nothing at this address">
      <p className="text-ink-2">
        The link may be old, or it was mistyped. Go to the{' '}
        <TextLink href={links.overview()}>overview</TextLink>.
      </p>
    </Front>
  );
}
