import './globals.css';
import { GeistMono } from 'geist/font/mono';
import { GeistSans } from 'geist/font/sans';
import type { Metadata, Viewport } from 'next';
import { headers } from 'next/headers';
import type { ReactNode } from 'react';

import { Providers } from '#shell/providers.tsx';
import { requestTime } from '#time/request-time.ts';

export const metadata: Metadata = {
  title: { template: '%s · Vestige', default: 'Vestige' },
  description: 'Lifecycle, provenance and remote wipe for the secrets of confidential VMs',
};

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f6f7f7' },
    { media: '(prefers-color-scheme: dark)', color: '#0a0d0e' },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  const nonce = (await headers()).get('x-nonce') ?? '';
  return (
    <html
      lang="en"
      className={`${GeistSans.variable} ${GeistMono.variable}`}
      suppressHydrationWarning
    >
      <body>
        <Providers nonce={nonce} start={await requestTime()}>
          {children}
        </Providers>
      </body>
    </html>
  );
}
