import { listEvents, type Api, type EventType, type RecordedEvent } from '@vestige/contract';

/** The whole log, or all its events of one type. */
export async function allEvents(api: Api, type?: EventType): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (let after = -1; ;) {
    const page = await api(listEvents, { query: { after, limit: 500, type } });
    events.push(...page.items);
    if (page.next === null) return events;
    after = Number(page.next);
  }
}
