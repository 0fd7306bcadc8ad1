'use client';
import { Info } from 'lucide-react';

import { CopyButton } from '#ui/copy-button.tsx';
import { Note } from '#ui/note.tsx';
import { ScrollRegion } from '#ui/scroll-region.tsx';

import { agentCommands, isLoopback } from './agent-commands.ts';

function Code({ children }: { children: string }) {
  return <code className="rounded bg-raised px-1 font-mono text-xs">{children}</code>;
}

/** The two commands to run in the guest. Shown only in the browser, which knows the address. */
export function Commands({ token }: { token: string }) {
  const { keep, run } = agentCommands(location.origin, token);
  return (
    <div className="space-y-3">
      <p className="text-ink-2">
        As root in the guest, from the root of a Vestige checkout (<Code>git clone</Code>, then{' '}
        <Code>npm run setup</Code>). The first line puts the token into a file that only root reads,
        the second starts the agent.
      </p>
      <div className="rounded-md border bg-raised">
        <ScrollRegion label="Commands" className="p-3">
          <pre className="font-mono text-xs leading-relaxed">{`${keep}
${run}`}</pre>
        </ScrollRegion>
        <div className="flex justify-end border-t px-3 py-2">
          <CopyButton text={`${keep}\n${run}\n`} label="Copy both" />
        </div>
      </div>
      {isLoopback(location.hostname) ? (
        <Note tone="info" icon={Info}>
          This address, {location.host}, is reached from this machine only. For a guest elsewhere,
          use the address under which it reaches this service.
        </Note>
      ) : null}
    </div>
  );
}
