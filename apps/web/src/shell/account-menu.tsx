'use client';
import { Menu } from '@base-ui/react/menu';
import { signOut } from '@vestige/contract';
import { Check, ChevronsUpDown, LogOut, Monitor, Moon, Sun } from 'lucide-react';
import { useTheme } from 'next-themes';
import { toast } from 'sonner';

import { api, errorText } from '#api/ask.ts';
import { links } from '#links.ts';
import { useSession } from '#session/session-context.tsx';

import { useShortcuts } from './shortcuts.tsx';

const themes = [
  { value: 'system', name: 'As the system', icon: Monitor },
  { value: 'light', name: 'Light', icon: Sun },
  { value: 'dark', name: 'Dark', icon: Moon },
] as const;

const item =
  'flex min-h-8 items-center gap-2.5 rounded px-2 outline-hidden data-highlighted:bg-raised select-none';

async function leave(): Promise<void> {
  try {
    await api(signOut, {});
    location.assign(links.signIn());
  } catch (error) {
    toast.error(errorText(error));
  }
}

/** Who is signed in, how the screen looks, the way out. */
export function AccountMenu() {
  const session = useSession();
  return (
    <Menu.Root>
      <Menu.Trigger className="flex min-h-10 w-full items-center gap-2.5 rounded-md px-2 text-left hover:bg-raised data-popup-open:bg-raised">
        <span
          aria-hidden
          className="grid size-6 shrink-0 place-items-center rounded-full bg-accent-soft text-xs font-semibold text-accent uppercase"
        >
          {session.name.slice(0, 1)}
        </span>
        <span className="min-w-0 flex-1">
          <span className="block truncate font-medium">{session.name}</span>
          <span className="block truncate text-xs text-ink-2">{session.role}</span>
        </span>
        <ChevronsUpDown aria-hidden className="size-3.5 text-ink-3" />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={6} align="start" className="z-50 outline-hidden">
          <Menu.Popup
            aria-label="Account"
            className="w-56 rounded-lg border bg-panel p-1 text-sm shadow-lg outline-hidden"
          >
            <ThemeItems />
            <Menu.Separator className="my-1 h-px bg-line" />
            <ShortcutItem />
            <Menu.Separator className="my-1 h-px bg-line" />
            <Menu.Item className={item} onClick={() => void leave()}>
              <LogOut aria-hidden className="size-4 text-ink-3" />
              Sign out
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function ThemeItems() {
  const { theme = 'system', setTheme } = useTheme();
  return (
    <Menu.RadioGroup value={theme} onValueChange={(value: string) => setTheme(value)}>
      <Menu.Group>
        <Menu.GroupLabel className="px-2 pt-1 pb-0.5 text-xs text-ink-3">
          Appearance
        </Menu.GroupLabel>
        {themes.map(({ value, name, icon: Icon }) => (
          <Menu.RadioItem key={value} value={value} className={item} closeOnClick={false}>
            <Icon aria-hidden className="size-4 text-ink-3" />
            <span className="flex-1">{name}</span>
            <Menu.RadioItemIndicator>
              <Check aria-hidden className="size-4 text-accent" />
            </Menu.RadioItemIndicator>
          </Menu.RadioItem>
        ))}
      </Menu.Group>
    </Menu.RadioGroup>
  );
}

function ShortcutItem() {
  const { on, setOn } = useShortcuts();
  return (
    <Menu.CheckboxItem checked={on} onCheckedChange={setOn} className={item} closeOnClick={false}>
      <span className="flex-1">
        Shortcuts <kbd className="font-mono text-xs text-ink-2">/ j k</kbd>
      </span>
      <Menu.CheckboxItemIndicator>
        <Check aria-hidden className="size-4 text-accent" />
      </Menu.CheckboxItemIndicator>
    </Menu.CheckboxItem>
  );
}
