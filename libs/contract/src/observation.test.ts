import { describe, expect, it } from 'vitest';

import { Observation, observationData, type ObservationType } from './observation.ts';

const source = { kind: 'efi-secret', path: '/sys/kernel/security/secrets/coco' };
const guid = '736869e5-84f0-4973-92ec-06879ce3da0b';
const secret = { source, name: guid, guid };
const boot = '11111111-2222-3333-4444-555555555555';
const at = '2026-01-02T03:04:05.678Z';
const reader = {
  pid: 1,
  startTime: 2,
  exe: '/usr/bin/cat',
  comm: 'cat',
  uid: 0,
  gid: 0,
  loginuid: null,
  cgroup: '/init.scope',
  unit: 'init.scope',
  container: null,
};
const report = {
  source,
  condition: 'populated',
  capabilities: ['per-item-wipe'],
  method: 'inotify',
  detail: '',
};
const note = `localhost:3000/log-1\n12\n${'A'.repeat(43)}=\n\n— localhost:3000/log-1 AAAA\n`;
const evidence = {
  technique: 'table-zero',
  filesystem: 'ext4',
  bytesOverwritten: 38,
  synced: true,
  startedAt: at,
  completedAt: at,
  verification: { nameGone: true, readBackZero: true, holders: [reader], result: 'pass' },
  caveats: ['A copy-on-write filesystem keeps the old blocks.'],
};
const sample: Record<ObservationType, unknown> = {
  'guest.booted': { bootedAt: at, kernel: '6.12.0', hostname: 'db', platform: 'sev-snp' },
  'agent.started': { version: '0.1.0', mode: 'observe', resumed: false },
  'agent.stopped': { reason: 'SIGTERM' },
  'agent.gap': { reason: 'before-agent-start', from: at, until: at, lost: null, source },
  'agent.checkpoint-conflict': { reason: 'inconsistent', kept: note, seen: note },
  'agent.policies-taken': { version: 7, count: 2 },
  'source.found': report,
  'source.changed': report,
  'secret.discovered': { secret, dataLength: null, usage: 'disk passphrase' },
  'secret.read': { secret, reader, method: 'fanotify-permission', extent: 'item' },
  'secret.read-denied': { secret, reader, method: 'fanotify-permission', reason: 'policy' },
  'secret.unlinked': { secret, actor: null, method: 'inotify' },
  'secret.wiped': { secret, order: boot, evidence },
  'secret.wipe-failed': { secret, order: boot, reason: 'already-gone', detail: 'not listed' },
  'secret.vanished': { secret, detail: 'not listed any more' },
  'wipe.delivered': { order: boot, secret },
};
const observationOf = (type: ObservationType): unknown => ({ type, at, data: sample[type] });
const types = Object.keys(observationData) as ObservationType[];

/** Every value that is `json` with one change made somewhere in it. */
function* changed(json: unknown, change: (node: unknown) => unknown[]): Generator {
  yield* change(json);
  if (typeof json !== 'object' || json === null) return;
  for (const [key, child] of Object.entries(json)) {
    for (const other of changed(child, change)) {
      yield Array.isArray(json) ? json.with(Number(key), other) : { ...json, [key]: other };
    }
  }
}

const withExtraProperty = (node: unknown): unknown[] =>
  typeof node === 'object' && node !== null && !Array.isArray(node)
    ? [{ ...node, value: 'c2VjcmV0' }]
    : [];
const withOverlongText = (node: unknown): unknown[] =>
  typeof node === 'string' ? ['x'.repeat(4096)] : [];
const withControlCharacter = (node: unknown): unknown[] =>
  typeof node === 'string' ? [`${node}\u0000`] : [];

describe('an observation', () => {
  it.each(types)('%s passes as the agent writes it', (type) => {
    expect(Observation.parse(observationOf(type))).toEqual(observationOf(type));
  });

  it.each([
    ['an unknown property at any depth', withExtraProperty],
    ['an over-long text at any place', withOverlongText],
    ['a control character at any place', withControlCharacter],
  ])('is refused with %s, so that no secret can ride along', (_, change) => {
    let tried = 0;
    for (const type of types) {
      for (const bad of changed(observationOf(type), change)) {
        tried += 1;
        expect(Observation.safeParse(bad).success, JSON.stringify(bad)).toBe(false);
      }
    }
    expect(tried).toBeGreaterThan(40);
  });
});
