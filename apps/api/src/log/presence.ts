import { Injectable } from '@nestjs/common';
import { silentAfterSeconds, type Guest } from '@vestige/contract';

/** What the log knows of a guest's last words. */
export interface LastWords {
  readonly id: string;
  readonly stopped: boolean;
  readonly lastEventAt: string;
}

/** When each guest was last heard from, by this process or another that told it. Hearing from a guest is no event. */
@Injectable()
export class Presence {
  private readonly contacts = new Map<string, number>();
  private readonly polls = new Map<string, number>();
  private news = new Set<string>();

  heard(guest: string): void {
    this.contacts.set(guest, Date.now());
    this.news.add(guest);
  }

  /** Another process heard from it, by its own clock. */
  learn(guest: string, at: number): void {
    const known = this.contacts.get(guest) ?? 0;
    this.contacts.set(guest, Math.max(known, Math.min(at, Date.now())));
  }

  /** Whom this process heard from since it was asked last, and when. */
  takeNews(): Map<string, number> {
    for (const guest of this.polls.keys()) this.heard(guest);
    const news = [...this.news].map((guest) => [guest, this.contacts.get(guest) ?? 0] as const);
    this.news = new Set();
    return new Map(news);
  }

  /** Counts a long poll, which is contact for as long as it is open. */
  pollOpened(guest: string): () => void {
    this.polls.set(guest, (this.polls.get(guest) ?? 0) + 1);
    return () => {
      this.heard(guest);
      const left = (this.polls.get(guest) ?? 1) - 1;
      if (left > 0) this.polls.set(guest, left);
      else this.polls.delete(guest);
    };
  }

  of({ id, stopped, lastEventAt }: LastWords): Pick<Guest, 'lastSeen' | 'presence'> {
    const now = Date.now();
    const contact = this.polls.has(id) ? now : (this.contacts.get(id) ?? 0);
    const last = Math.max(contact, Date.parse(lastEventAt));
    const lastSeen = new Date(last).toISOString();
    if (stopped) return { lastSeen, presence: 'stopped' };
    return { lastSeen, presence: now - last > silentAfterSeconds * 1000 ? 'silent' : 'online' };
  }
}
