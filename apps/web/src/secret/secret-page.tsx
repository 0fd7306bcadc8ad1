'use client';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { Secret } from '@vestige/contract';
import { CircleSlash, EyeOff, TriangleAlert } from 'lucide-react';

import { links } from '#links.ts';
import {
  alarmingCapabilities,
  capabilityWords,
  methodWords,
  sourceNames,
} from '#source/source-words.ts';
import { useNow } from '#time/clock.tsx';
import { absoluteTime, span } from '#time/format.ts';
import { Time } from '#time/time.tsx';
import { Badge } from '#ui/badge.tsx';
import { Facts, Mono } from '#ui/facts.tsx';
import { TextLink } from '#ui/link.tsx';
import { Note } from '#ui/note.tsx';
import { PagedList } from '#ui/paged-list.tsx';
import { PageHead, Panel } from '#ui/panel.tsx';
import { Shown } from '#ui/shown.tsx';
import { WipeSecretButton } from '#wipe/wipe-secret-button.tsx';

import { secretQuestion, timelineQuestion } from './secret-questions.ts';
import { SecretStateBadges } from './secret-state.tsx';
import { readsText, secretTitle } from './secret-words.ts';
import { Timeline } from './timeline.tsx';

/** One secret of one boot of one guest, and everything that happened to it. */
export function SecretPage({ id }: { id: string }) {
  const secret = useQuery(secretQuestion(id));
  return <Shown of={secret}>{(data) => <SecretDetail secret={data} />}</Shown>;
}

function SecretDetail({ secret }: { secret: Secret }) {
  const timeline = useInfiniteQuery(timelineQuestion(secret.id));
  return (
    <>
      <PageHead
        over={
          <>
            <TextLink href={links.secrets()}>Secrets</TextLink> in{' '}
            <TextLink href={links.guest(secret.guest)}>{secret.guestName}</TextLink>
          </>
        }
        title={secretTitle(secret)}
        lead={<SecretStateBadges secret={secret} />}
        actions={<WipeSecretButton secret={secret} />}
      />
      <Caveats secret={secret} />
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <Panel
          title="Timeline"
          aside={
            <TextLink className="text-xs" href={links.events({ secret: secret.id })}>
              In the log
            </TextLink>
          }
        >
          <PagedList
            of={timeline}
            noun="events"
            empty={<p className="p-4 text-ink-2">Nothing yet.</p>}
          >
            {(events) => <Timeline events={events} />}
          </PagedList>
        </Panel>
        <div className="min-w-0 space-y-4">
          <Panel title="Secret">
            <Facts layout="rows" facts={facts(secret)} />
          </Panel>
          <Panel title="Exposure">
            <Facts layout="rows" facts={exposure(secret)} />
          </Panel>
        </div>
      </div>
    </>
  );
}

function Caveats({ secret }: { secret: Secret }) {
  return (
    <div className="mb-4 space-y-2 empty:hidden">
      {secret.guestPresence === 'online' ? null : (
        <Note tone="warn" icon={CircleSlash}>
          The guest is {secret.guestPresence}. This is what it last reported; it may be different
          now.
        </Note>
      )}
      {secret.priorAccess === 'unknown' ? (
        <Note tone="warn" icon={EyeOff}>
          Prior access is unknown: somebody may have read it before the agent watched. “None seen”
          does not mean “not read”.
        </Note>
      ) : null}
    </div>
  );
}

function facts(secret: Secret) {
  return [
    ['GUID', secret.guid === null ? 'none' : <Guid key="guid" guid={secret.guid} />],
    ['Usage', secret.usage ?? 'unknown'],
    ['Name in its source', <Mono key="name">{secret.name}</Mono>],
    [
      'Length',
      secret.dataLength === null ? 'unknown without reading' : `${secret.dataLength} bytes`,
    ],
    [
      'Guest',
      <TextLink key="guest" href={links.guest(secret.guest)}>
        {secret.guestName}
      </TextLink>,
    ],
    ['Boot', <Mono key="boot">{secret.boot}</Mono>],
    ['Source', sourceNames[secret.source.kind]],
    ['Path', <Mono key="path">{secret.source.path}</Mono>],
    ['How it is watched', <Badge key="method" word={methodWords[secret.method]} />],
    ['What its source can do', <Capabilities key="capabilities" of={secret.capabilities} />],
    ['Secret id', <Mono key="id">{secret.id}</Mono>],
  ] as const;
}

function Capabilities({ of: capabilities }: { of: Secret['capabilities'] }) {
  if (capabilities.length === 0) return <>nothing stated</>;
  return (
    <ul>
      {capabilities.map((capability) => (
        <li key={capability}>
          {alarmingCapabilities.has(capability) ? (
            <TriangleAlert aria-hidden className="mr-1 inline size-3.5 text-warn" />
          ) : null}
          {capabilityWords[capability]}
        </li>
      ))}
    </ul>
  );
}

function Guid({ guid }: { guid: string }) {
  return (
    <>
      <Mono>{guid}</Mono>{' '}
      <TextLink href={links.secrets({ guid })} className="text-xs whitespace-nowrap">
        on all guests
      </TextLink>
    </>
  );
}

const at = (time: string | null) => (time === null ? '–' : <Time at={time} />);

function exposure(secret: Secret) {
  return [
    ['Readable for', <Exposure key="exposure" secret={secret} />],
    ['Discovered', at(secret.discoveredAt)],
    ['Gone', secret.goneAt === null ? 'not yet' : at(secret.goneAt)],
    ['Reads', readsText(secret)],
    ['First read', at(secret.firstReadAt)],
    ['Last read', at(secret.lastReadAt)],
    ['Last reader', <LastReaderText key="reader" secret={secret} />],
  ] as const;
}

function Exposure({ secret: { discoveredAt, goneAt } }: { secret: Secret }) {
  const until = new Date(useNow()).toISOString();
  return (
    <span suppressHydrationWarning title={`Since ${absoluteTime(discoveredAt)}`}>
      {span(discoveredAt, goneAt ?? until)}
      {goneAt === null ? ' so far' : ''}
    </span>
  );
}

function LastReaderText({ secret: { lastReader, lastReadAt } }: { secret: Secret }) {
  if (lastReadAt === null) return <>–</>;
  if (lastReader === null) return <>unknown process</>;
  return (
    <>
      <Mono>{lastReader.exe ?? lastReader.comm ?? 'unknown'}</Mono>
      <span className="block text-xs text-ink-2">
        pid {lastReader.pid}, uid {lastReader.uid ?? 'unknown'}
        {lastReader.unit === null ? '' : `, ${lastReader.unit}`}
      </span>
    </>
  );
}
