import { describe, expect, it } from 'vitest';

import { pathTail } from './source-path.tsx';

describe('pathTail', () => {
  it('keeps the last two parts, and says that there is more', () => {
    expect(pathTail('/sys/kernel/security/secrets/coco')).toBe('…/secrets/coco');
    expect(pathTail('/var/area-a.img')).toBe('/var/area-a.img');
    expect(pathTail('/area.img')).toBe('/area.img');
  });
});
