import { expect, it } from 'vitest';

import { plainText } from './plain-text.ts';

it('lets no name steer a terminal or turn its text around', () => {
  expect(plainText('web-1\u001b[2J\r\u202egnp\ud800')).toBe('web-1\ufffd[2J\ufffd\ufffdgnp\ufffd');
  expect(plainText('Grüße, 東京 🙂')).toBe('Grüße, 東京 🙂');
});
