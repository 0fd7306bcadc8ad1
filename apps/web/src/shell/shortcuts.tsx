'use client';
import { type ReactNode, useEffect, useSyncExternalStore } from 'react';

const storageKey = 'vestige-shortcuts';
const changed = 'vestige-shortcuts-changed';

function subscribe(listen: () => void): () => void {
  addEventListener(changed, listen);
  return () => removeEventListener(changed, listen);
}

function setOn(on: boolean): void {
  localStorage.setItem(storageKey, on ? 'on' : 'off');
  dispatchEvent(new Event(changed));
}

/** Whether single-key shortcuts are on; kept in this browser. */
export function useShortcuts(): { on: boolean; setOn: (on: boolean) => void } {
  const on = useSyncExternalStore(
    subscribe,
    () => localStorage.getItem(storageKey) !== 'off',
    () => false,
  );
  return { on, setOn };
}

const typing = 'input, textarea, select, [contenteditable], [role=menu], [role$=dialog]';

/** Moves to the link of the next or previous row; the browser's focus is the cursor. */
function moveRow(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLAnchorElement>('tr[data-row] a[data-row-link]')];
  const row = document.activeElement?.closest('tr[data-row]');
  const index = rows.findIndex((link) => row?.contains(link));
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
export function Shortcuts({ children }: { children: ReactNode }) {
  const { on } = useShortcuts();
  useEffect(() => {
    if (!on) return undefined;
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof Element && event.target.closest(typing) !== null) return;
      if (act(event.key)) event.preventDefault();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, [on]);
  return <>{children}</>;
}
