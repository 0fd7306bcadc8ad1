'use client';
import { AlertDialog } from '@base-ui/react/alert-dialog';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { requestWipe } from '@vestige/contract';
import { useState } from 'react';

import { api, problemCode } from '#api/ask.ts';
import { refresh } from '#api/refresh.ts';
import { Refusal } from '#session/sign-in-form.tsx';
import { Button } from '#ui/button.tsx';
import { Field } from '#ui/field.tsx';
import { Shown } from '#ui/shown.tsx';

import type { WipeDialogProps } from './wipe-dialog.tsx';
import { type DryRun, WipePreview } from './wipe-preview.tsx';

interface WipeFormProps extends WipeDialogProps {
  readonly onOrdered: (id: string) => void;
  readonly onCancel: () => void;
}

/** Asks the API what the order would hit, before anybody can give it. */
function useDryRun({ select }: WipeFormProps) {
  return useQuery({
    queryKey: ['dry run', select],
    queryFn: ({ signal }): Promise<DryRun> =>
      api(
        requestWipe,
        { body: { select, reason: 'What would be wiped?', dryRun: true } },
        { signal },
      ),
    meta: { still: true },
    retry: false,
    gcTime: 0,
    staleTime: 0,
  });
}

interface Entries {
  readonly reason: string;
  readonly ticket: string;
  readonly typed: string;
}

function whyNotYet(entries: Entries, confirmation: string, dryRun: DryRun | undefined) {
  if (dryRun === undefined) return 'What would be wiped is not known yet.';
  if (dryRun.targets.length === 0) return 'There is nothing that could be wiped.';
  if (entries.reason.trim() === '') return 'Give a reason first.';
  if (entries.typed.trim().toLowerCase() !== confirmation.toLowerCase())
    return `Type ${confirmation} to confirm first.`;
  return null;
}

export function WipeForm(props: WipeFormProps) {
  const queries = useQueryClient();
  const dryRun = useDryRun(props);
  const [entries, setEntries] = useState<Entries>({ reason: '', ticket: '', typed: '' });
  const order = useMutation({
    mutationFn: () => {
      const ticket = entries.ticket.trim();
      const reason = entries.reason.trim();
      return api(requestWipe, {
        body: { select: props.select, reason, ...(ticket === '' ? {} : { ticket }) },
      });
    },
    onSuccess: ({ id }) => {
      if (id !== null) props.onOrdered(id);
      void refresh(queries);
    },
    // What was refused is no longer as the preview has it.
    onError: () => void dryRun.refetch(),
  });
  const why = order.isPending
    ? 'The order is being recorded.'
    : whyNotYet(entries, props.confirmation, dryRun.data);
  return (
    <form
      className="mt-3 space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (why === null) order.mutate();
      }}
    >
      <AlertDialog.Description className="text-ink-2">
        The guest cannot read it again. If it is needed after the guest’s next boot, its owner must
        inject it anew. Copies that readers already took are not reached.
      </AlertDialog.Description>
      <Shown of={dryRun} rows={3}>
        {(data) => <WipePreview dryRun={data} pathOf={props.pathOf} />}
      </Shown>
      <Entry {...props} entries={entries} onChange={setEntries} />
      <OrderRefusal error={order.error} />
      <div className="flex justify-end gap-2">
        <Button onClick={props.onCancel}>Cancel</Button>
        <Button kind="danger" type="submit" why={why}>
          Wipe
        </Button>
      </div>
    </form>
  );
}

/** Why the order was not given; where the service did not say, it may have been. */
function OrderRefusal({ error }: { error: unknown }) {
  return (
    <>
      <Refusal error={error} />
      {error !== null && problemCode(error) === null ? (
        <p className="text-bad">
          Whether the order was given is not known: look at the wipe orders before you order again.
        </p>
      ) : null}
    </>
  );
}

function Entry({
  confirmation,
  confirmationOf,
  entries,
  onChange,
}: WipeDialogProps & { entries: Entries; onChange: (entries: Entries) => void }) {
  return (
    <div className="space-y-3">
      <div className="grid gap-3 sm:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <Field
          label="Reason"
          required
          maxLength={500}
          value={entries.reason}
          onChange={(event) => onChange({ ...entries, reason: event.target.value })}
          placeholder="Kept for ever in the log"
        />
        <Field
          label="Ticket (optional)"
          maxLength={100}
          value={entries.ticket}
          onChange={(event) => onChange({ ...entries, ticket: event.target.value })}
        />
      </div>
      <Field
        label={
          <>
            Type <code className="rounded bg-raised px-1 font-mono">{confirmation}</code> to confirm
          </>
        }
        hint={`The last ${confirmation.length} characters of ${confirmationOf}.`}
        required
        autoComplete="off"
        spellCheck={false}
        className="[&_input]:font-mono"
        value={entries.typed}
        onChange={(event) => onChange({ ...entries, typed: event.target.value })}
      />
    </div>
  );
}
