import { signInOptions } from '@vestige/contract';
import type { Metadata } from 'next';

import { serverApi } from '#api/server-api.ts';
import type { SearchInput } from '#app/page-input.ts';
import { safeReturn } from '#links.ts';
import { SignInForm } from '#session/sign-in-form.tsx';
import { Front } from '#shell/front.tsx';
import { Unreachable } from '#shell/unreachable.tsx';

export const metadata: Metadata = { title: 'Sign in' };

export default async function SignInPage({ searchParams }: SearchInput) {
  const { from } = await searchParams;
  const options = await (await serverApi())(signInOptions, {}).catch(() => null);
  if (options === null) return <Unreachable />;
  return (
    <Front title="Sign in">
      <SignInForm options={options} returnTo={safeReturn(typeof from === 'string' ? from : null)} />
    </Front>
  );
}
