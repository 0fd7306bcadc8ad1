/** One secret of a demo guest: what it is for, and how many random bytes it has. */
export interface DemoSecret {
  readonly guid: string;
  readonly bytes: number;
}

/** One simulated guest: where its secrets are, and who uses them. */
export interface DemoGuest {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly source: 'efi-secret' | 'table';
  readonly secrets: readonly DemoSecret[];
  /** Secrets that are read once and unlinked right away, as cryptsetup does with its key file. */
  readonly unlocks: readonly string[];
  /** Secrets that an application reads again and again. */
  readonly rereads: readonly string[];
}

const luksKey = '736869e5-84f0-4973-92ec-06879ce3da0b';
const kataBundle = 'e6f5a162-d67f-4750-a67c-5d065f2a9910';
const databaseKey = '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d';
const signingKey = '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed';
const backupKey = '83c83f7f-1356-4975-8b7e-d3a0b54312c6';

const scenarios: readonly Omit<DemoGuest, 'name'>[] = [
  {
    labels: { demo: 'true', team: 'payments', tier: 'production' },
    source: 'efi-secret',
    secrets: [
      { guid: luksKey, bytes: 64 },
      { guid: databaseKey, bytes: 32 },
      { guid: signingKey, bytes: 48 },
    ],
    unlocks: [luksKey],
    rereads: [databaseKey],
  },
  {
    labels: { demo: 'true', team: 'search', tier: 'production' },
    source: 'efi-secret',
    secrets: [
      { guid: luksKey, bytes: 64 },
      { guid: kataBundle, bytes: 256 },
      { guid: backupKey, bytes: 32 },
    ],
    unlocks: [],
    rereads: [kataBundle],
  },
  {
    labels: { demo: 'true', team: 'edge', tier: 'staging' },
    source: 'table',
    secrets: [
      { guid: luksKey, bytes: 64 },
      { guid: databaseKey, bytes: 32 },
    ],
    unlocks: [],
    rereads: [databaseKey],
  },
];

/** The n-th guest of a demo fleet; beyond the third the scenarios repeat. */
export function demoGuest(n: number): DemoGuest {
  const scenario = scenarios[n % scenarios.length]!;
  return { name: `demo-${scenario.labels['team']}-${n + 1}`, ...scenario };
}
