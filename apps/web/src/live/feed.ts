export interface FeedOptions {
  readonly url: string;
  readonly onConnection: (state: 'live' | 'lost') => void;
  /** At most once in `coalesceMs`, with the newest position; the same one again is the service's heartbeat. */
  readonly onGrew: (position: number) => void;
  readonly coalesceMs?: number;
  /** How long to wait before the first try to reconnect; each further one waits twice as long. */
  readonly retryMs?: number;
  /** How long nothing may arrive: the service is heard every 15 s as long as it lives. */
  readonly silenceMs?: number;
  /** Makes the stream; the browser's own where absent. */
  readonly open?: (url: string) => EventSource;
}

const retryMaxMs = 30_000;

/** Follows the service's feed until closed. Takes silence for a lost connection, as a frozen service breaks none. */
export function openFeed(options: FeedOptions): () => void {
  const { url, onConnection, retryMs = 3000, silenceMs = 40_000 } = options;
  const { open = (address: string) => new EventSource(address) } = options;
  const hints = coalesce(options.onGrew, options.coalesceMs ?? 750);
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = retryMs;

  const listen = () => {
    clearTimeout(timer);
    timer = setTimeout(lose, silenceMs);
  };
  const lose = () => {
    clearTimeout(timer);
    source?.close();
    onConnection('lost');
    timer = setTimeout(connect, wait);
    wait = Math.min(wait * 2, retryMaxMs);
  };
  const connect = () => {
    const opened = open(url);
    source = opened;
    listen();
    opened.addEventListener('open', () => {
      listen();
      onConnection('live');
    });
    opened.addEventListener('grew', (event: MessageEvent) => {
      listen();
      wait = retryMs;
      const position = Number(event.lastEventId);
      if (Number.isSafeInteger(position)) hints.hint(position);
    });
    opened.addEventListener('error', lose);
  };
  connect();
  return () => {
    clearTimeout(timer);
    hints.stop();
    source?.close();
  };
}

/** The first hint is passed on at once; those that follow closely are passed on together, as the newest. */
function coalesce(pass: (position: number) => void, ms: number) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let newest: number | null = null;
  const flush = () => {
    timer = undefined;
    if (newest === null) return;
    const position = newest;
    newest = null;
    timer = setTimeout(flush, ms);
    pass(position);
  };
  return {
    hint(position: number) {
      newest = position;
      if (timer === undefined) flush();
    },
    stop: () => clearTimeout(timer),
  };
}
