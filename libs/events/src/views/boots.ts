import type { BootId, Event, GuestId } from '@vestige/contract';
import { type DataSource, EntitySchema } from 'typeorm';

import type { View } from '../follow/view.ts';

/** One boot of a guest: how far its journal has come, and what its agent could not have seen. */
export interface BootRow {
  guest: GuestId;
  boot: BootId;
  bootedAt: string | null;
  /** The last seq of its journal that is in the log; -1 where none is. */
  lastSeq: number;
  gaps: number;
  /** The agent started after the boot: whatever was there may have been read before. */
  isWatchedLate: boolean;
  /** Where in the log the agent was first blind: what was discovered later may have been read before. */
  firstBlind: number | null;
  firstPosition: number;
}

export const BootEntity = new EntitySchema<BootRow>({
  name: 'boot_view',
  columns: {
    guest: { type: 'text', primary: true },
    boot: { type: 'text', primary: true },
    bootedAt: { type: 'text', nullable: true },
    lastSeq: { type: 'integer' },
    gaps: { type: 'integer' },
    isWatchedLate: { type: 'boolean' },
    firstBlind: { type: 'bigint', nullable: true },
    firstPosition: { type: 'bigint' },
  },
});

export const bootsView: View<BootRow> = {
  name: 'boots',
  version: 2,
  entity: BootEntity,
  keysOf: ({ event }) =>
    event.guest !== undefined && event.boot !== undefined ? [[event.guest, event.boot]] : [],
  evolve(row, { event, position }) {
    const boot = row ?? {
      guest: event.guest!,
      boot: event.boot!,
      bootedAt: null,
      lastSeq: -1,
      gaps: 0,
      isWatchedLate: false,
      firstBlind: null,
      firstPosition: position,
    };
    return {
      ...boot,
      ...change(boot, event, position),
      lastSeq: Math.max(boot.lastSeq, event.seq ?? -1),
    };
  },
};

function change(boot: BootRow, event: Event, position: number): Partial<BootRow> {
  if (event.type === 'guest.booted') return { bootedAt: event.data.bootedAt };
  if (event.type !== 'agent.gap') return {};
  const { reason } = event.data;
  return {
    gaps: boot.gaps + 1,
    isWatchedLate: boot.isWatchedLate || reason === 'before-agent-start',
    firstBlind: boot.firstBlind ?? (reason === 'clock-backwards' ? null : position),
  };
}

export async function findBoot(
  dataSource: DataSource,
  guest: GuestId,
  boot: BootId,
): Promise<BootRow | null> {
  return dataSource.getRepository(BootEntity).findOneBy({ guest, boot });
}
