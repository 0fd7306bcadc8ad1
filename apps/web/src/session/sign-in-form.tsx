'use client';
import { useMutation } from '@tanstack/react-query';
import { signIn, signInToDemo } from '@vestige/contract';
import { ArrowRight, CircleAlert, FlaskConical, Info } from 'lucide-react';

import { api, errorText } from '#api/ask.ts';
import { Button } from '#ui/button.tsx';
import { Field } from '#ui/field.tsx';
import { Note } from '#ui/note.tsx';

import { formText } from './form-text.ts';

interface SignInFormProps {
  readonly options: { readonly setUpRequired: boolean; readonly demo: boolean };
  readonly returnTo: string;
}

/** Name and password; one click where the service runs a demo on loopback. */
export function SignInForm({ options, returnTo }: SignInFormProps) {
  return (
    <div className="space-y-5">
      {options.demo ? <DemoEntrance returnTo={returnTo} /> : null}
      {options.setUpRequired ? null : <PasswordForm returnTo={returnTo} />}
      {options.setUpRequired && !options.demo ? (
        <Note tone="info" icon={Info}>
          Nobody can sign in yet. Open the one-time link (the service prints it and keeps it in its
          data folder as <code className="font-mono text-xs">set-up-link</code>): it makes the first
          admin.
        </Note>
      ) : null}
    </div>
  );
}

function DemoEntrance({ returnTo }: { returnTo: string }) {
  const enter = useMutation({
    mutationFn: () => api(signInToDemo, { body: {} }),
    onSuccess: () => location.assign(returnTo),
  });
  return (
    <div className="space-y-2">
      <Button
        kind="primary"
        className="w-full"
        onClick={() => enter.mutate()}
        why={enter.isPending || enter.isSuccess ? 'Signing in…' : null}
      >
        <FlaskConical aria-hidden className="size-4" />
        Enter the demo
        <ArrowRight aria-hidden className="size-4" />
      </Button>
      <p className="text-xs text-ink-2">
        A small fleet of simulated guests on this machine: real agents over real files.
      </p>
      <Refusal error={enter.error} />
    </div>
  );
}

function PasswordForm({ returnTo }: { returnTo: string }) {
  const enter = useMutation({
    mutationFn: (form: FormData) =>
      api(signIn, {
        body: { name: formText(form, 'name'), password: formText(form, 'password') },
      }),
    onSuccess: () => location.assign(returnTo),
  });
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        enter.mutate(new FormData(event.currentTarget));
      }}
    >
      <Field label="Name" name="name" autoComplete="username" required maxLength={100} />
      <Field
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        required
        maxLength={1000}
      />
      <Refusal error={enter.error} />
      <Button
        type="submit"
        className="w-full"
        why={enter.isPending || enter.isSuccess ? 'Signing in…' : null}
      >
        Sign in
      </Button>
    </form>
  );
}

export function Refusal({ error }: { error: unknown }) {
  if (error === null) return null;
  return (
    <Note tone="bad" icon={CircleAlert} role="alert">
      {errorText(error)}
    </Note>
  );
}
