import { describe, expect, it } from 'vitest';

import { observationEventId, secretId, uuid5 } from './deterministic-id.ts';
import { idOf, refOf } from './testing/guest-story.ts';

describe('deterministic ids', () => {
  it('makes the UUIDv5 of RFC 9562 A.4', () => {
    expect(uuid5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', ['www.example.com'])).toBe(
      '2ed6657d-e927-568b-95e1-2665a8aea6a2',
    );
  });

  it('tells secrets apart by guest, boot, source and name alone', () => {
    const ref = refOf('disk');
    const id = secretId(idOf('guest'), idOf('boot'), ref);
    expect(secretId(idOf('guest'), idOf('boot'), { ...ref, guid: null })).toBe(id);
    const others = [
      secretId(idOf('other'), idOf('boot'), ref),
      secretId(idOf('guest'), idOf('other'), ref),
      secretId(idOf('guest'), idOf('boot'), { ...ref, name: 'other' }),
      secretId(idOf('guest'), idOf('boot'), { ...ref, source: { kind: 'table', path: '/x' } }),
    ];
    expect(new Set([id, ...others]).size).toBe(5);
  });

  it('gives an observation the same id however often it is sent', () => {
    expect(observationEventId(idOf('guest'), idOf('boot'), 7)).toBe(
      observationEventId(idOf('guest'), idOf('boot'), 7),
    );
    const ids = [7, 8, 2 ** 48 - 1].flatMap((seq) =>
      ['boot', 'other'].map((boot) => observationEventId(idOf('guest'), idOf(boot), seq)),
    );
    expect(new Set([...ids, observationEventId(idOf('other'), idOf('boot'), 7)]).size).toBe(7);
  });

  it('puts what a guest reports one after the other side by side', () => {
    const ids = [0, 1, 255, 256, 65_536, 2 ** 32].map((seq) =>
      observationEventId(idOf('guest'), idOf('boot'), seq),
    );
    expect(ids).toEqual(ids.toSorted());
    expect(new Set(ids.map((id) => id.slice(0, 23))).size).toBe(1);
    // RFC 9562 5.8: version 8, variant 10.
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
  });

  it.each([-1, 0.5, 2 ** 48])('has no id for the seq %s', (seq) => {
    expect(() => observationEventId(idOf('guest'), idOf('boot'), seq)).toThrow(RangeError);
  });
});
