import { describe, expect, it } from 'vitest';

import { knownUsage } from './registry.ts';

describe('knownUsage', () => {
  it('tells the disk passphrase from its misprint in the kernel documentation', () => {
    expect(knownUsage('736869e5-84f0-4973-92ec-06879ce3da0b')).toMatch(/disk passphrase/);
    expect(knownUsage('736870E5-84F0-4973-92EC-06879CE3DA0B')).toMatch(/typo/);
  });

  it('knows nothing of any other GUID', () => {
    expect(knownUsage('00000000-0000-0000-0000-000000000000')).toBeUndefined();
  });
});
