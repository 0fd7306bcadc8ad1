import { cn } from './cn.ts';
import { toneSoft, toneText, type Word } from './tone.ts';

/** A state: icon, word and colour. `hearsay` draws it as what was last reported, not what is. */
export function Badge({
  word: { word, icon: Icon, tone, meaning },
  hearsay = false,
  className,
}: {
  word: Word;
  hearsay?: boolean;
  className?: string | undefined;
}) {
  return (
    <span
      title={meaning}
      className={cn(
        'inline-flex h-5.5 items-center gap-1 rounded px-1.5 text-xs font-medium whitespace-nowrap',
        toneText[tone],
        hearsay ? 'border border-dashed border-current bg-transparent' : toneSoft[tone],
        className,
      )}
    >
      <Icon aria-hidden className="size-3.5 shrink-0" strokeWidth={2} />
      {word}
    </span>
  );
}
