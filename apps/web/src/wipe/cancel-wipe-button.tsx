'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { cancelWipe, type Wipe } from '@vestige/contract';
import { toast } from 'sonner';

import { api, errorText } from '#api/ask.ts';
import { refresh } from '#api/refresh.ts';
import { useWhyNot } from '#session/session-context.tsx';
import { Button } from '#ui/button.tsx';

function nothingToCancel({ state, counts }: Wipe): string | null {
  if (state === 'completed') return 'The order has come to its end.';
  return (counts.queued ?? 0) === 0 ? 'Every guest of it has the order already.' : null;
}

/** Takes back what no guest has fetched yet. */
export function CancelWipeButton({ wipe }: { wipe: Wipe }) {
  const queries = useQueryClient();
  const mayNot = useWhyNot('wipe.cancel');
  const cancel = useMutation({
    mutationFn: () => api(cancelWipe, { params: { id: wipe.id } }),
    onSuccess: () => refresh(queries),
    onError: (error) => toast.error(errorText(error)),
  });
  const isBusy = cancel.isPending ? 'Cancelling…' : null;
  return (
    <Button why={mayNot ?? nothingToCancel(wipe) ?? isBusy} onClick={() => cancel.mutate()}>
      Cancel what is queued
    </Button>
  );
}
