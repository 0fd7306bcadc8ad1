import { setTimeout as delay } from 'node:timers/promises';

import { type Client, escapeIdentifier } from 'pg';

const retryFirstMs = 100;
const retryMaxMs = 5_000;

interface Subscription {
  onPayload(payload: string): void;
  onListening(): void;
}

/** One connection of its own for all that listen; when it breaks it is made anew, ever more slowly while that fails. */
export class PostgresListener {
  readonly #newClient: () => Client;
  readonly #channels = new Map<string, Set<Subscription>>();
  readonly #closing = new AbortController();
  #client: Client | undefined;
  #isListening = false;
  #running: Promise<void> | undefined;

  constructor(newClient: () => Client) {
    this.#newClient = newClient;
  }

  listen(channel: string, subscription: Subscription): () => void {
    const subscriptions = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, subscriptions.add(subscription));
    this.#running ??= this.#run();
    if (this.#isListening)
      // Where this fails the connection is broken, and the next one listens to all.
      this.#listenOn(this.#client!, channel, [subscription]).catch(() => {});
    return () => void subscriptions.delete(subscription);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    void this.#client?.end().catch(() => {});
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let waitMs = retryFirstMs;
    while (!signal.aborted) {
      const listened = await this.#listenUntilLost();
      waitMs = listened ? retryFirstMs : Math.min(waitMs * 2, retryMaxMs);
      await delay(waitMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** False where it could not even begin. */
  async #listenUntilLost(): Promise<boolean> {
    const client = this.#newClient();
    this.#client = client;
    client.on('error', () => {});
    client.on('notification', ({ channel, payload = '' }) => {
      for (const one of this.#channels.get(channel) ?? []) one.onPayload(payload);
    });
    const lost = new Promise((resolve) => client.once('end', resolve));
    try {
      // A client that is ended while it connects never says how the connecting went.
      await Promise.race([client.connect(), lost]);
      this.#isListening = true;
      for (const [channel, subscriptions] of this.#channels)
        await this.#listenOn(client, channel, subscriptions);
      await lost;
      return true;
    } catch {
      await client.end().catch(() => {});
      return false;
    } finally {
      this.#isListening = false;
    }
  }

  async #listenOn(
    client: Client,
    channel: string,
    subscriptions: Iterable<Subscription>,
  ): Promise<void> {
    await client.query(`LISTEN ${escapeIdentifier(channel)}`);
    for (const one of subscriptions) one.onListening();
  }
}
