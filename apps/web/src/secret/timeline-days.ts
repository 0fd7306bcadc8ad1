import type { RecordedEvent } from '@vestige/contract';

export interface TimelineDay {
  /** The UTC day, like `2026-01-31`. */
  readonly day: string;
  readonly events: readonly RecordedEvent[];
}

/** Groups events by the UTC day on which they happened, keeping their order. */
export function groupByDay(events: readonly RecordedEvent[]): TimelineDay[] {
  const days: { day: string; events: RecordedEvent[] }[] = [];
  for (const event of events) {
    const day = event.at.slice(0, 10);
    const last = days.at(-1);
    if (last?.day === day) last.events.push(event);
    else days.push({ day, events: [event] });
  }
  return days;
}

const skewMinimumMs = 5000;

/** How many milliseconds later the service took it in than the guest saw it; null where that is not worth a word. */
export function recordedLater({ at, recorded }: RecordedEvent): number | null {
  const difference = Date.parse(recorded) - Date.parse(at);
  return Math.abs(difference) < skewMinimumMs ? null : difference;
}
