import type { Capability, ObservationMethod, SourceCondition, SourceKind } from '@vestige/contract';
import {
  Ban,
  Box,
  CircleHelp,
  Eye,
  EyeOff,
  ListTree,
  PackageOpen,
  TriangleAlert,
} from 'lucide-react';

import type { Word } from '#ui/tone.ts';

export const conditionWords: Record<SourceCondition, Word> = {
  populated: { word: 'Populated', icon: Box, tone: 'ok', meaning: 'It holds secrets.' },
  empty: {
    word: 'Empty',
    icon: PackageOpen,
    tone: 'muted',
    meaning: 'It holds nothing, or no owner ever filled it. That is no error.',
  },
  corrupt: {
    word: 'Corrupt',
    icon: TriangleAlert,
    tone: 'bad',
    meaning: 'Its content breaks its own format: what it holds cannot be told in full.',
  },
  absent: { word: 'Absent', icon: Ban, tone: 'muted', meaning: 'The guest has no such source.' },
};

export const methodWords: Record<ObservationMethod, Word> = {
  'fanotify-permission': {
    word: 'Held and recorded',
    icon: Eye,
    tone: 'ok',
    meaning:
      'fanotify permission events: each reader waits until the read is on record, and is known.',
  },
  fanotify: {
    word: 'Recorded after the fact',
    icon: Eye,
    tone: 'ok',
    meaning: 'fanotify: the reader is known, but the record comes after the read.',
  },
  kprobe: {
    word: 'Recorded after the fact',
    icon: Eye,
    tone: 'ok',
    meaning: 'A kernel probe: who did it is known, but the record comes after the deed.',
  },
  inotify: {
    word: 'Reads seen, readers unknown',
    icon: CircleHelp,
    tone: 'warn',
    meaning: 'inotify: it tells that somebody read, never who.',
  },
  listing: {
    word: 'Listings compared',
    icon: ListTree,
    tone: 'warn',
    meaning: 'Only listings are compared: reads are not seen at all.',
  },
  none: { word: 'Not watched', icon: EyeOff, tone: 'bad', meaning: 'Nothing is seen here.' },
};

export const capabilityWords: Record<Capability, string> = {
  'per-item-wipe': 'Single items can be wiped',
  'whole-source-wipe': 'Can be wiped as a whole',
  'wipe-verifiable': 'A wipe can be verified',
  'size-known-without-read': 'Sizes are known without reading',
  persistent: 'Its file outlives a boot',
  'signed-update-only': 'Changes need a signature',
  'world-readable': 'Every process can read it',
  dangerous: 'Changing it can break the guest',
};

/** What a source can do that is a danger to what it holds or to its guest. */
export const alarmingCapabilities: ReadonlySet<Capability> = new Set([
  'world-readable',
  'dangerous',
]);

export const sourceNames: Record<SourceKind, string> = {
  'efi-secret': 'EFI secret area',
  table: 'Secret table image',
  'open-dice': 'Open DICE',
  secvar: 'Secure variables',
  efivars: 'EFI variables',
};
