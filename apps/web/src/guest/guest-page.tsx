'use client';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { Guest, Secret } from '@vestige/contract';
import { CircleSlash, ShieldAlert, KeyRound, ScrollText } from 'lucide-react';
import NextLink from 'next/link';

import { EventList } from '#event/event-list.tsx';
import { links } from '#links.ts';
import { secretColumns } from '#secret/secret-columns.tsx';
import { Time } from '#time/time.tsx';
import { buttonLook } from '#ui/button.tsx';
import { DataTable } from '#ui/data-table.tsx';
import { Facts, Mono } from '#ui/facts.tsx';
import { TextLink } from '#ui/link.tsx';
import { Empty, Note } from '#ui/note.tsx';
import { PagedList } from '#ui/paged-list.tsx';
import { PageHead, Panel } from '#ui/panel.tsx';
import { Shown } from '#ui/shown.tsx';
import { WipeGuestButton } from '#wipe/wipe-guest-button.tsx';

import { LabelLine } from './guest-columns.tsx';
import { guestGapsQuestion, guestQuestion, guestSecretsQuestion } from './guest-questions.ts';
import { LastHeard } from './last-heard.tsx';
import { Sources } from './sources.tsx';

/** One guest: how it is, where its secrets come from, which they are, what nobody could see. */
export function GuestPage({ id }: { id: string }) {
  const guest = useQuery(guestQuestion(id));
  return <Shown of={guest}>{(data) => <GuestDetail guest={data} />}</Shown>;
}

function GuestDetail({ guest }: { guest: Guest }) {
  return (
    <>
      <PageHead
        over={<TextLink href={links.guests()}>Guests</TextLink>}
        title={guest.name}
        lead={
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <LastHeard guest={guest} />
            <LabelLine labels={guest.labels} />
          </div>
        }
        actions={
          <>
            <NextLink href={links.events({ guest: guest.id })} className={buttonLook('plain')}>
              <ScrollText aria-hidden className="size-4" />
              Its events
            </NextLink>
            <WipeGuestButton guest={guest} />
          </>
        }
      />
      <div className="space-y-4">
        <QuarantineNote guest={guest} />
        <HearsayNote guest={guest} />
        <Panel title="Guest">
          <Facts facts={facts(guest)} />
        </Panel>
        <Sources sources={guest.sources} />
        <GuestSecrets id={guest.id} />
        <Gaps id={guest.id} />
      </div>
    </>
  );
}

function QuarantineNote({ guest }: { guest: Guest }) {
  if (!guest.quarantined) return null;
  return (
    <Note tone="bad" icon={ShieldAlert}>
      Quarantined: two guests may act under this identity, or this one went back to an older state.
      Nothing is taken from it or given to it. Its last events say why; when it is clear which guest
      is the right one, release it over the API.
    </Note>
  );
}

function HearsayNote({ guest }: { guest: Guest }) {
  if (guest.presence === 'online') return null;
  return (
    <Note tone="warn" icon={CircleSlash}>
      {guest.presence === 'silent'
        ? 'The guest’s agent says nothing. '
        : 'The guest’s agent said that it stops. '}
      Everything below is what it last reported, <Time at={guest.lastSeen} />; it may be different
      now.
    </Note>
  );
}

function facts(guest: Guest) {
  const unknown = <span className="text-ink-3">unknown</span>;
  return [
    ['Guest id', <Mono key="id">{guest.id}</Mono>],
    ['Boot id', guest.boot === null ? unknown : <Mono key="boot">{guest.boot}</Mono>],
    ['Booted', guest.bootedAt === null ? unknown : <Time key="booted" at={guest.bootedAt} />],
    ['Enrolled', <Time key="enrolled" at={guest.enrolledAt} />],
    ['Last heard', <Time key="seen" at={guest.lastSeen} />],
    ['Platform', guest.platform],
    ['Host name', guest.hostname ?? unknown],
    ['Kernel', guest.kernel ?? unknown],
    ['Agent', guest.agentVersion],
  ] as const;
}

const ownColumns = secretColumns.filter((column) => column.id !== 'guest');

function GuestSecrets({ id }: { id: string }) {
  const secrets = useInfiniteQuery(guestSecretsQuestion(id));
  return (
    <Panel
      title="Its secrets"
      aside={
        <TextLink href={links.secrets({ guest: id })} className="text-xs">
          With filters
        </TextLink>
      }
    >
      <PagedList
        of={secrets}
        noun="secrets"
        empty={
          <Empty icon={KeyRound} title="No secret was seen in this guest">
            Its sources say why.
          </Empty>
        }
      >
        {(rows: Secret[]) => (
          <DataTable
            caption="Secrets of this guest"
            columns={ownColumns}
            rows={rows}
            rowId={(secret) => secret.id}
          />
        )}
      </PagedList>
    </Panel>
  );
}

function Gaps({ id }: { id: string }) {
  const gaps = useInfiniteQuery(guestGapsQuestion(id));
  return (
    <Panel title="What nobody could observe">
      <PagedList
        of={gaps}
        noun="gaps"
        empty={<p className="px-4 py-4 text-ink-2">No gap is on record for this guest.</p>}
      >
        {(events) => <EventList events={events} />}
      </PagedList>
    </Panel>
  );
}
