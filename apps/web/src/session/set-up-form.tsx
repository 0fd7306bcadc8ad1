'use client';
import { useMutation } from '@tanstack/react-query';
import { passwordMin, setUp } from '@vestige/contract';
import { TriangleAlert } from 'lucide-react';
import { useEffect, useState, useSyncExternalStore } from 'react';

import { api } from '#api/ask.ts';
import { links } from '#links.ts';
import { Button } from '#ui/button.tsx';
import { Field } from '#ui/field.tsx';
import { Note } from '#ui/note.tsx';

import { formText } from './form-text.ts';
import { Refusal } from './sign-in-form.tsx';

let tokenOfLink: string | null = null;

/** Read once: the fragment leaves the address as soon as the page is there. */
function readToken(): string | null {
  tokenOfLink ??= decodeURIComponent(location.hash.slice(1)) || null;
  return tokenOfLink;
}

const neverChanges = () => () => {};

/** The one-time token; it is in the fragment, which a browser never sends. */
function useTokenOfLink(): string | null {
  const token = useSyncExternalStore(neverChanges, readToken, () => null);
  useEffect(() => {
    if (token !== null) history.replaceState(history.state, '', location.pathname);
  }, [token]);
  return token;
}

function useSetUp(token: string | null) {
  return useMutation({
    mutationFn: (form: FormData) =>
      api(setUp, {
        body: {
          token: token ?? '',
          name: formText(form, 'name'),
          password: formText(form, 'password'),
        },
      }),
    onSuccess: () => location.assign(links.overview()),
  });
}

/** Name and password of the first person, who is an admin. */
export function SetUpForm() {
  const token = useTokenOfLink();
  const [isShort, setShort] = useState(false);
  const make = useSetUp(token);
  const isBusy = make.isPending || make.isSuccess ? 'Working…' : null;
  const submit = (form: FormData) => {
    const short = formText(form, 'password').length < passwordMin;
    setShort(short);
    if (!short && token !== null) make.mutate(form);
  };
  return (
    <form
      className="space-y-4"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit(new FormData(event.currentTarget));
      }}
    >
      {token === null ? <LinkMissing /> : null}
      <Entries isShort={isShort} />
      <Refusal error={make.error} />
      <Button
        type="submit"
        kind="primary"
        className="w-full"
        why={token === null ? 'The one-time link is missing.' : isBusy}
      >
        Make the admin and sign in
      </Button>
    </form>
  );
}

function Entries({ isShort }: { isShort: boolean }) {
  return (
    <>
      <Field label="Name" name="name" autoComplete="username" required maxLength={100} />
      <Field
        label="Password"
        name="password"
        type="password"
        autoComplete="new-password"
        required
        maxLength={1000}
        hint={`At least ${passwordMin} characters. Several words do well; pasting is fine.`}
        wrong={isShort ? `That is shorter than ${passwordMin} characters.` : null}
      />
    </>
  );
}

function LinkMissing() {
  return (
    <Note tone="warn" icon={TriangleAlert}>
      This page needs the one-time link that the service printed when it started; it ends in{' '}
      <code className="font-mono">/set-up#…</code>
    </Note>
  );
}
