'use client';
import { useMutation } from '@tanstack/react-query';
import { passwordMin, setUp } from '@vestige/contract';
import { TriangleAlert } from 'lucide-react';
import { useEffect, useState } from 'react';

import { api } from '#api/ask.ts';
import { links } from '#links.ts';
import { Button } from '#ui/button.tsx';
import { Field } from '#ui/field.tsx';
import { Note } from '#ui/note.tsx';

import { Refusal } from './sign-in-form.tsx';

/** The token is in the fragment, which is never sent; it leaves the address as soon as it was read. */
function useTokenOfLink(): string | null {
  const [token, setToken] = useState<string | null>(null);
  useEffect(() => {
    const fragment = decodeURIComponent(location.hash.slice(1));
    if (fragment === '') return;
    setToken(fragment);
    history.replaceState(null, '', location.pathname);
  }, []);
  return token;
}

/** Name and password of the first person, who is an admin. */
export function SetUpForm() {
  const token = useTokenOfLink();
  const [short, setShort] = useState(false);
  const make = useMutation({
    mutationFn: (form: FormData) =>
      api(setUp, {
        body: {
          token: token ?? '',
          name: String(form.get('name')),
          password: String(form.get('password')),
        },
      }),
    onSuccess: () => location.assign(links.overview()),
  });
  return (
    <form
      className="space-y-4"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        const isShort = String(form.get('password')).length < passwordMin;
        setShort(isShort);
        if (!isShort) make.mutate(form);
      }}
    >
      {token === null ? (
        <Note tone="warn" icon={TriangleAlert}>
          This page needs the one-time link that the service printed when it started; it ends in{' '}
          <code className="font-mono">/set-up#…</code>
        </Note>
      ) : null}
      <Field label="Name" name="name" autoComplete="username" required maxLength={100} />
      <Field
        label="Password"
        name="password"
        type="password"
        autoComplete="new-password"
        required
        maxLength={1000}
        hint={`At least ${passwordMin} characters. Several words do well; paste from a password manager if you like.`}
        wrong={short ? `That is shorter than ${passwordMin} characters.` : null}
      />
      <Refusal error={make.error} />
      <Button
        type="submit"
        kind="primary"
        className="w-full"
        why={
          token === null
            ? 'The one-time link is missing.'
            : make.isPending || make.isSuccess
              ? 'Working…'
              : null
        }
      >
        Make the admin and sign in
      </Button>
    </form>
  );
}
