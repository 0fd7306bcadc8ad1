import { Injectable } from '@nestjs/common';
import { silentAfterSeconds, type Guest } from '@vestige/contract';

/** What the log knows of a guest's last words. */
export interface LastWords {
  readonly id: string;
  readonly stopped: boolean;
  readonly lastEventAt: string;
}

/** When each guest was last heard from by this process. Hearing from a guest is no event, so a restart forgets it. */
@Injectable()
export class Presence {
  private readonly contacts = new Map<string, number>();
  private readonly polls = new Map<string, number>();

  heard(guest: string): void {
    this.contacts.set(guest, Date.now());
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
