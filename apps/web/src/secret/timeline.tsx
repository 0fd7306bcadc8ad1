'use client';
import type { RecordedEvent } from '@vestige/contract';
import { EyeOff } from 'lucide-react';

import { actorText, eventDetail, gapReasons } from '#event/event-detail.ts';
import { eventWords, typed } from '#event/event-words.ts';
import { RawEvent } from '#event/raw-event.tsx';
import { links } from '#links.ts';
import { absoluteTime, clockTime, dayName, span } from '#time/format.ts';
import { cn } from '#ui/cn.ts';
import { TextLink } from '#ui/link.tsx';
import { toneSoft, toneText } from '#ui/tone.ts';

import { groupByDay, recordedLater } from './timeline-days.ts';

/** What happened to a secret, oldest first, a heading for each day; what nobody saw is drawn as such. */
export function Timeline({ events }: { events: readonly RecordedEvent[] }) {
  return (
    <div className="pb-2">
      {groupByDay(events).map(({ day, events: ofDay }) => (
        <section key={`${day}-${ofDay[0]?.position}`} aria-label={dayName(day)}>
          <h3 className="sticky top-[calc(var(--banner)+3rem)] z-10 border-b bg-panel px-4 py-1.5 text-xs font-medium text-ink-2 lg:top-(--banner)">
            {dayName(day)}
          </h3>
          <ol className="relative pt-2 before:absolute before:inset-y-0 before:left-[6.45rem] before:w-px before:bg-line">
            {ofDay.map((event) =>
              event.type === 'agent.gap' ? (
                <GapLine key={event.position} event={event} />
              ) : (
                <TimelineLine key={event.position} event={event} />
              ),
            )}
          </ol>
        </section>
      ))}
    </div>
  );
}

function TimeOfDay({ at }: { at: string }) {
  return (
    <time
      dateTime={at}
      title={absoluteTime(at)}
      className="pt-0.5 text-right font-mono text-xs text-ink-2 tabular-nums"
    >
      {clockTime(at)}
    </time>
  );
}

const line = 'relative grid grid-cols-[4rem_1.75rem_minmax(0,1fr)_auto] gap-x-3 px-4 py-1.5';

function TimelineLine({ event }: { event: RecordedEvent }) {
  const { word, icon: Icon, tone } = eventWords[event.type];
  const detail = eventDetail(event);
  const late = recordedLater(event);
  return (
    <li className={cn(line, 'animate-arrive')}>
      <TimeOfDay at={event.at} />
      <span aria-hidden className="z-1 grid size-6 place-items-center rounded-full bg-panel">
        <span
          className={cn(
            'grid size-6 place-items-center rounded-full',
            toneSoft[tone],
            toneText[tone],
          )}
        >
          <Icon className="size-3.5" />
        </span>
      </span>
      <div className="min-w-0 pt-0.5">
        <p className="flex flex-wrap items-baseline gap-x-2 font-medium">
          {word}
          <OrderLink event={event} />
        </p>
        {detail === '' ? null : <p className="break-words text-ink-2">{detail}</p>}
        {late === null ? null : (
          <p className="text-xs text-ink-3">
            {late > 0
              ? `The service heard of it ${span(event.at, event.recorded)} later`
              : 'The guest’s clock is ahead of the service’s'}
          </p>
        )}
      </div>
      <RawEvent event={event} />
    </li>
  );
}

function OrderLink({ event }: { event: RecordedEvent }) {
  if (event.wipe === null) return null;
  const isByPerson = event.actor.kind === 'operator' || event.actor.kind === 'token';
  return (
    <span className="text-xs font-normal text-ink-2">
      {isByPerson ? `by ${actorText(event)}, ` : ''}
      <TextLink href={links.wipe(event.wipe)}>order {event.wipe.slice(0, 8)}</TextLink>
    </span>
  );
}

/** A time that nobody could observe, drawn as a hole in the line where it was recorded: times run one way only. */
function GapLine({ event }: { event: RecordedEvent }) {
  const gap = typed(event);
  if (gap.type !== 'agent.gap') return null;
  const { from, until, reason, lost } = gap.data;
  return (
    <li className={line}>
      <TimeOfDay at={event.at} />
      <div className="relative z-1 col-span-2 flex gap-2.5 rounded-md border border-dashed border-warn bg-panel hatched px-3 py-2">
        <EyeOff aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
        <div className="min-w-0">
          <p className="font-medium">
            Not observed
            {from !== null && until !== null ? ` for ${span(from, until)}` : ''}
          </p>
          <p>{gapReasons[reason]}.</p>
          {lost === null ? null : <p>{lost.toLocaleString('en')} observations are missing.</p>}
          {from === null || until === null ? null : (
            <p className="text-xs text-ink-2">
              {absoluteTime(from)} to {absoluteTime(until)}
            </p>
          )}
        </div>
      </div>
      <RawEvent event={event} />
    </li>
  );
}
