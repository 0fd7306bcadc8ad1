'use client';
import { Search, X } from 'lucide-react';
import { type ReactNode, useId, useRef, useState } from 'react';

import { Button } from './button.tsx';
import { cn } from './cn.ts';
import { inputLook } from './field.tsx';

/** The row of filters above a list. */
export function FilterBar({ children }: { children: ReactNode }) {
  return (
    <search className="flex flex-wrap items-center gap-2 border-b px-3 py-2.5 sm:px-4">
      {children}
    </search>
  );
}

const settleMs = 250;

/** Holds what is typed until it settles; follows the address where that changed by other means, a link or "clear". */
function useSettledText(value: string | null, onChange: (value: string | null) => void) {
  const [text, setText] = useState(value ?? '');
  const [seen, setSeen] = useState(value);
  const [sent, setSent] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  if (value !== seen) {
    setSeen(value);
    if (value !== sent) setText(value ?? '');
  }
  const type = (next: string) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const settled = next === '' ? null : next;
      setSent(settled);
      onChange(settled);
    }, settleMs);
  };
  return { text, type };
}

/** Searches as one types; the text settles before the address and the list follow. */
export function SearchBox({
  value,
  onChange,
  label,
}: {
  value: string | null;
  onChange: (value: string | null) => void;
  label: string;
}) {
  const { text, type } = useSettledText(value, onChange);
  return (
    <div className="relative min-w-48 flex-1 sm:max-w-xs">
      <Search
        aria-hidden
        className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-ink-3"
      />
      <input
        type="search"
        aria-label={label}
        aria-keyshortcuts="/"
        placeholder={label}
        value={text}
        maxLength={200}
        onChange={(event) => type(event.target.value)}
        className={cn(inputLook, 'h-8 pr-8 pl-8')}
      />
      <kbd
        aria-hidden
        className="pointer-events-none absolute top-1/2 right-2 hidden -translate-y-1/2 rounded border px-1 font-mono text-2xs text-ink-3 sm:block"
      >
        /
      </kbd>
    </div>
  );
}

/** One filter with a few values; "any" takes it off. */
export function Choice<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T | null;
  options: readonly { readonly value: T; readonly name: string }[];
  onChange: (value: T | null) => void;
}) {
  const id = useId();
  return (
    <div className="flex items-center">
      <label htmlFor={id} className="sr-only">
        {label}
      </label>
      <select
        id={id}
        value={value ?? ''}
        onChange={(event) => onChange(event.target.value === '' ? null : (event.target.value as T))}
        className={cn(
          inputLook,
          'h-8 w-auto max-w-48 pr-2 text-ellipsis',
          value === null ? 'text-ink-2' : 'border-accent bg-accent-soft font-medium text-ink',
        )}
      >
        <option value="">{label}: any</option>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.name}
          </option>
        ))}
      </select>
    </div>
  );
}

/** A filter that came in with a link; it can be taken off. */
export function Chip({ children, onRemove }: { children: string; onRemove: () => void }) {
  return (
    <span className="inline-flex h-8 max-w-full items-center gap-1 rounded-md border border-accent bg-accent-soft pr-1 pl-2.5 text-xs font-medium">
      <span className="truncate">{children}</span>
      <button
        type="button"
        aria-label={`Remove the filter ${children}`}
        onClick={onRemove}
        className="grid size-6 shrink-0 place-items-center rounded hover:bg-panel"
      >
        <X aria-hidden className="size-3.5" />
      </button>
    </span>
  );
}

/** Takes all filters off. */
export function ClearFilters({ shown, onClear }: { shown: boolean; onClear: () => void }) {
  return shown ? (
    <Button kind="quiet" onClick={onClear}>
      Clear
    </Button>
  ) : null;
}
