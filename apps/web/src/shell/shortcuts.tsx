'use client';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';

const storageKey = 'vestige-shortcuts';

interface Shortcuts {
  readonly on: boolean;
  readonly setOn: (on: boolean) => void;
}

const ShortcutsContext = createContext<Shortcuts>({ on: false, setOn: () => {} });

export function useShortcuts(): Shortcuts {
  return useContext(ShortcutsContext);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.closest('input, textarea, select, [role=menu], dialog, [role=alertdialog]') !== null)
  );
}

/** Moves to the link of the next or previous row; the browser's focus is the cursor. */
function moveRow(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLAnchorElement>('tr[data-row] a[data-row-link]')];
  const here = document.activeElement?.closest('tr[data-row]')?.querySelector('a[data-row-link]');
  const index = rows.indexOf(here as HTMLAnchorElement);
  rows[index === -1 ? 0 : Math.min(Math.max(index + by, 0), rows.length - 1)]?.focus();
}

function act(key: string): boolean {
  const search = document.querySelector<HTMLInputElement>('input[type=search]');
  if (key === '/' && search !== null) search.select();
  else if (key === 'j') moveRow(1);
  else if (key === 'k') moveRow(-1);
  else return false;
  return true;
}

/** Single-key shortcuts: `/` goes to the search, `j` and `k` walk the rows. They can be switched off (WCAG 2.1.4). */
export function ShortcutsProvider({ children }: { children: ReactNode }) {
  const [on, setOn] = useState(true);
  useEffect(() => setOn(localStorage.getItem(storageKey) !== 'off'), []);
  useEffect(() => {
    if (!on) return undefined;
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (act(event.key)) event.preventDefault();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, [on]);
  const value = useMemo(
    () => ({
      on,
      setOn: (next: boolean) => {
        localStorage.setItem(storageKey, next ? 'on' : 'off');
        setOn(next);
      },
    }),
    [on],
  );
  return <ShortcutsContext.Provider value={value}>{children}</ShortcutsContext.Provider>;
}
