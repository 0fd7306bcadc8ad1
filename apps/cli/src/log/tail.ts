import { setTimeout as wait } from 'node:timers/promises';

import {
  EventType,
  GuestId,
  listEvents,
  ProblemError,
  type RecordedEvent,
  UnreachableError,
} from '@vestige/contract';
import { type Command, InvalidArgumentError } from 'commander';

import { plainText } from '../plain-text.ts';
import { connect, type ConnectionOptions, type Service, withConnection } from '../service.ts';
import { warn } from '../table/warning.ts';
import type { Terminal } from '../terminal.ts';
import { wholeNumber } from './whole-number.ts';

interface Options extends ConnectionOptions {
  after?: number;
  follow?: true;
  type?: EventType;
  guest?: string;
  json?: true;
}

const newestShown = 20;
const pageLimit = 200;
const pollMilliseconds = 1000;
const backOffMillisecondsMax = 30_000;
const typeWidth = 26;

export function addTail(log: Command, terminal: Terminal): void {
  const tail = log
    .command('tail')
    .description(`show events: the newest ${newestShown}, or all after a position`)
    .option('--after <n>', 'position of the last event that is not to be shown', wholeNumber)
    .option('-f, --follow', 'go on with what comes, until Ctrl-C')
    .option('--type <type>', 'only events of this type, like secret.read', eventType)
    .option('--guest <id>', 'only events of this guest', guestId)
    .option('--json', 'print an object a line');
  withConnection(tail)
    .addHelpText(
      'after',
      `
Examples:
  $ vestige log tail
  $ vestige log tail --follow --type secret.read
  $ vestige log tail --after 1233 --json | jq -r .type`,
    )
    .action((options: Options) => tailEvents(options, terminal));
}

async function tailEvents(options: Options, terminal: Terminal): Promise<void> {
  const service = await connect(options);
  const signal = terminal.interrupted?.() ?? new AbortController().signal;
  let shown = options.after ?? -1;
  const show = async (events: readonly RecordedEvent[]) => {
    for (const event of events)
      terminal.print(options.json ? JSON.stringify(event) : lineOf(event));
    shown = events.at(-1)?.position ?? shown;
    await terminal.printed?.();
  };
  try {
    if (options.after === undefined) await show(await newest(service, options, signal));
    else while (await showPage(service, options, shown, signal, show));
    if (options.follow)
      await follow(
        () => showPage(service, options, shown, signal, show),
        signal,
        (message) => warn({ code: 'trying-again', message }, options.json === true, terminal),
      );
  } catch (error) {
    // Ctrl-C is how following ends.
    if (!signal.aborted) throw error;
  }
}

/** Asks again and again; a service that is away for a while is waited for. */
async function follow(
  next: () => Promise<boolean>,
  signal: AbortSignal,
  tell: (message: string) => void,
): Promise<void> {
  let failures = 0;
  for (;;) {
    try {
      while (await next());
      failures = 0;
    } catch (error) {
      if (signal.aborted || !isPassing(error)) throw error;
      if (failures === 0) tell(`${(error as Error).message} Trying again until it answers.`);
      failures += 1;
    }
    const pause = Math.min(pollMilliseconds * 2 ** failures, backOffMillisecondsMax);
    await wait(pause, undefined, { signal });
  }
}

/** True where there is more. */
async function showPage(
  service: Service,
  options: Options,
  after: number,
  signal: AbortSignal,
  show: (events: readonly RecordedEvent[]) => Promise<void>,
): Promise<boolean> {
  const query = { ...filter(options), after, limit: pageLimit };
  const { items, next } = await service.ask(listEvents, { query }, { signal });
  await show(items);
  return next !== null && items.length > 0;
}

async function newest(
  service: Service,
  options: Options,
  signal: AbortSignal,
): Promise<RecordedEvent[]> {
  const query = { ...filter(options), order: 'desc' as const, limit: newestShown };
  const { items } = await service.ask(listEvents, { query }, { signal });
  return items.toReversed();
}

function filter({ type, guest }: Options) {
  return { ...(type === undefined ? {} : { type }), ...(guest === undefined ? {} : { guest }) };
}

/** Something that waiting may mend: not a refusal of who asks, or of what. */
function isPassing(error: unknown): boolean {
  if (error instanceof UnreachableError) return true;
  return (
    error instanceof ProblemError && (error.problem.status >= 500 || error.problem.status === 429)
  );
}

function lineOf(event: RecordedEvent): string {
  const { at, position, type, actor, actorName, guest, guestName, secret, wipe } = event;
  const who = actorName ?? ('id' in actor ? `${actor.kind} ${actor.id}` : actor.kind);
  const about = [
    actor.kind === 'guest' ? null : (guestName ?? guest ?? null),
    secret === null ? null : `secret ${secret}`,
    wipe === null ? null : `wipe ${wipe}`,
  ].filter((part) => part !== null);
  const cells = [at, String(position).padStart(8), type.padEnd(typeWidth), who, about.join(', ')];
  return cells.map(plainText).join('  ').trimEnd();
}

function eventType(text: string): EventType {
  const parsed = EventType.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError(`There are ${EventType.options.join(', ')}.`);
  return parsed.data;
}

function guestId(text: string): string {
  if (!GuestId.safeParse(text).success) throw new InvalidArgumentError('It must be a UUID.');
  return text;
}
