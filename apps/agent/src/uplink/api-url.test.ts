import { describe, expect, it } from 'vitest';

import { parseApiUrl } from './api-url.ts';

describe('parseApiUrl', () => {
  it.each([
    ['https://vestige.example', 'https://vestige.example'],
    ['https://vestige.example:8443/', 'https://vestige.example:8443'],
    ['http://127.0.0.1:4000', 'http://127.0.0.1:4000'],
    ['http://localhost:4000', 'http://localhost:4000'],
    ['http://[::1]:4000', 'http://[::1]:4000'],
  ])('takes %s', (text, origin) => {
    expect(parseApiUrl(text, false)).toBe(origin);
  });

  it.each([
    ['http://vestige.example', 'plain HTTP'],
    ['http://127.0.0.1.evil.example', 'plain HTTP'],
    ['https://user:word@vestige.example', 'only scheme'],
    ['https://vestige.example/v1', 'only scheme'],
    ['ftp://vestige.example', 'not an http'],
    ['vestige', 'not an http'],
  ])('refuses %s', (text, reason) => {
    expect(() => parseApiUrl(text, false)).toThrow(reason);
  });

  it('sends plain HTTP over the network only where it is told to', () => {
    expect(parseApiUrl('http://vestige.example', true)).toBe('http://vestige.example');
  });
});
