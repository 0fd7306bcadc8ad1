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
    expect(observationEventId(idOf('guest'), idOf('boot'), 8)).not.toBe(
      observationEventId(idOf('guest'), idOf('boot'), 7),
    );
  });
});
