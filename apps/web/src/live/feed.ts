export interface FeedOptions {
  readonly url: string;
  readonly onConnection: (state: 'live' | 'lost') => void;
  /** At most once in `coalesceMs`, with the newest position. */
  readonly onGrew: (position: number) => void;
  readonly coalesceMs?: number;
  readonly retryMs?: number;
  /** Makes the stream; the browser's own where absent. */
  readonly open?: (url: string) => EventSource;
}

/** Follows the service's feed until closed. Reconnects by itself, also where the browser gives up. */
export function openFeed(options: FeedOptions): () => void {
  const {
    url,
    onConnection,
    retryMs = 3000,
    open = (address) => new EventSource(address),
  } = options;
  const hints = coalesce(options.onGrew, options.coalesceMs ?? 750);
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const connect = () => {
    source = open(url);
    source.addEventListener('open', () => onConnection('live'));
    source.addEventListener('grew', (event: MessageEvent) => {
      const position = Number(event.lastEventId);
      if (Number.isSafeInteger(position)) hints.hint(position);
    });
    source.addEventListener('error', () => {
      onConnection('lost');
      // The browser retries what broke, but gives up on what was answered with an error.
      if (source?.readyState === 2) retry = setTimeout(connect, retryMs);
    });
  };
  connect();
  return () => {
    clearTimeout(retry);
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
