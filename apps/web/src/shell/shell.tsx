'use client';
import { Dialog } from '@base-ui/react/dialog';
import { FlaskConical, Menu as MenuIcon, X } from 'lucide-react';
import NextLink from 'next/link';
import { type ReactNode, useState } from 'react';

import { links } from '#links.ts';
import { ConnectionState, StaleBanner } from '#live/connection-state.tsx';
import { useSession } from '#session/session-context.tsx';

import { AccountMenu } from './account-menu.tsx';
import { Mark } from './mark.tsx';
import { Navigation } from './navigation.tsx';

/** What is around every page: the way past the navigation, the navigation, the banners. */
export function Shell({ children }: { children: ReactNode }) {
  const { demo } = useSession();
  return (
    <div className={demo ? '[--banner:2rem]' : '[--banner:0px]'}>
      <a
        href="#content"
        className="sr-only z-50 rounded bg-accent px-3 py-2 text-accent-ink focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the content
      </a>
      {demo ? <DemoBanner /> : null}
      <TopBar />
      <div className="lg:grid lg:grid-cols-[14rem_minmax(0,1fr)]">
        <SideBar />
        <main
          id="content"
          tabIndex={-1}
          className="mx-auto w-full max-w-400 min-w-0 px-4 py-5 outline-hidden sm:px-6 lg:px-8"
        >
          <StaleBanner />
          {children}
        </main>
      </div>
    </div>
  );
}

function DemoBanner() {
  return (
    <p
      role="note"
      className="sticky top-0 z-30 flex h-8 items-center justify-center gap-2 border-b bg-warn-soft px-3 text-center text-xs font-medium text-warn"
    >
      <FlaskConical aria-hidden className="size-3.5 shrink-0" />
      Demo fleet: simulated guests on this machine
    </p>
  );
}

function Brand() {
  return (
    <NextLink
      href={links.overview()}
      className="flex min-h-8 items-center gap-2 rounded px-2 text-base font-semibold tracking-tight"
    >
      <Mark className="size-5 text-accent" />
      Vestige
    </NextLink>
  );
}

function SideBar() {
  return (
    <div className="sticky top-(--banner) hidden h-[calc(100dvh-var(--banner))] flex-col gap-5 border-r bg-panel px-3 py-4 lg:flex">
      <Brand />
      <div className="flex-1">
        <Navigation />
      </div>
      <div className="space-y-2">
        <div className="px-2">
          <ConnectionState />
        </div>
        <AccountMenu />
      </div>
    </div>
  );
}

function TopBar() {
  const [open, setOpen] = useState(false);
  return (
    <div className="sticky top-(--banner) z-30 flex h-12 items-center justify-between border-b bg-panel px-2 lg:hidden">
      <Brand />
      <div className="flex items-center gap-2">
        <ConnectionState />
        <Dialog.Root open={open} onOpenChange={setOpen}>
          <Dialog.Trigger
            aria-label="Open the menu"
            className="grid size-10 place-items-center rounded-md hover:bg-raised"
          >
            <MenuIcon aria-hidden className="size-5" />
          </Dialog.Trigger>
          <Dialog.Portal>
            <Dialog.Backdrop className="page-backdrop" />
            <Dialog.Popup className="fixed inset-y-0 right-0 z-50 flex w-72 max-w-[85vw] flex-col gap-4 border-l bg-panel p-4 shadow-xl">
              <div className="flex items-center justify-between">
                <Dialog.Title className="px-2 font-semibold">Menu</Dialog.Title>
                <Dialog.Close
                  aria-label="Close the menu"
                  className="grid size-10 place-items-center rounded-md hover:bg-raised"
                >
                  <X aria-hidden className="size-5" />
                </Dialog.Close>
              </div>
              <div className="flex-1">
                <Navigation onLeave={() => setOpen(false)} />
              </div>
              <AccountMenu />
            </Dialog.Popup>
          </Dialog.Portal>
        </Dialog.Root>
      </div>
    </div>
  );
}
