import type { RecordedEvent } from '@vestige/contract';

import { links } from '#links.ts';
import { Time } from '#time/time.tsx';
import { cn } from '#ui/cn.ts';
import { TextLink } from '#ui/link.tsx';
import { toneText } from '#ui/tone.ts';

import { actorText, eventDetail, secretNameOf } from './event-detail.ts';
import { eventWords } from './event-words.ts';
import { RawEvent } from './raw-event.tsx';

/** Events one below the other, as the log's tail shows them. */
export function EventList({ events }: { events: readonly RecordedEvent[] }) {
  return (
    <ol className="divide-y">
      {events.map((event) => (
        <EventLine key={event.position} event={event} />
      ))}
    </ol>
  );
}

function EventLine({ event }: { event: RecordedEvent }) {
  const { word, icon: Icon, tone } = eventWords[event.type];
  const detail = eventDetail(event);
  return (
    <li className="grid animate-arrive grid-cols-[1rem_minmax(0,1fr)_auto] items-start gap-x-3 px-4 py-2">
      <Icon aria-hidden className={cn('mt-0.5 size-4', toneText[tone])} strokeWidth={1.75} />
      <div className="min-w-0">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className="font-medium">{word}</span>
          <EventPlace event={event} />
        </p>
        {detail === '' ? null : <p className="break-words text-ink-2">{detail}</p>}
      </div>
      <div className="flex items-center gap-2 text-xs text-ink-2">
        <Time at={event.at} className="whitespace-nowrap tabular-nums" />
        <RawEvent event={event} />
      </div>
    </li>
  );
}

/** Where it happened, as links: the guest, its secret, the order. */
function EventPlace({ event }: { event: RecordedEvent }) {
  return (
    <span className="flex flex-wrap gap-x-2 text-xs leading-6 [&>a]:inline-block">
      {event.guest === undefined ? (
        <span className="text-ink-2">{actorText(event)}</span>
      ) : (
        <TextLink href={links.guest(event.guest)}>{event.guestName ?? event.guest}</TextLink>
      )}
      {event.secret === null ? null : (
        <TextLink href={links.secret(event.secret)} className="font-mono break-all">
          {secretNameOf(event) ?? 'its secret'}
        </TextLink>
      )}
      {event.wipe === null ? null : <TextLink href={links.wipe(event.wipe)}>wipe order</TextLink>}
    </span>
  );
}
