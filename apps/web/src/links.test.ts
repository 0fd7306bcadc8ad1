import { describe, expect, it } from 'vitest';

import { links, safeReturn } from './links.ts';

const id = '3f0c6a52-6f0a-4f4e-9d3c-0d7b1c9a2e11';

describe('links', () => {
  it('names every address of the dashboard', () => {
    expect([
      links.overview(),
      links.guests(),
      links.guests({ presence: 'silent' }),
      links.guest(id),
      links.secrets(),
      links.secrets({ state: 'present', read: true }),
      links.secrets({ guid: id, guest: id, source: 'efi-secret', q: 'disk key' }),
      links.secret(id),
      links.wipes(),
      links.wipes({ state: 'completed', outcome: 'failed' }),
      links.wipe(id),
      links.events(),
      links.events({ type: 'secret.read', secret: id }),
      links.enrol(),
      links.setUp(),
      links.signIn(),
      links.signIn('/secrets?state=present'),
    ]).toMatchInlineSnapshot(`
      [
        "/",
        "/guests",
        "/guests?presence=silent",
        "/guests/3f0c6a52-6f0a-4f4e-9d3c-0d7b1c9a2e11",
        "/secrets",
        "/secrets?state=present&read=true",
        "/secrets?guid=3f0c6a52-6f0a-4f4e-9d3c-0d7b1c9a2e11&guest=3f0c6a52-6f0a-4f4e-9d3c-0d7b1c9a2e11&source=efi-secret&q=disk+key",
        "/secrets/3f0c6a52-6f0a-4f4e-9d3c-0d7b1c9a2e11",
        "/wipes",
        "/wipes?state=completed&outcome=failed",
        "/wipes/3f0c6a52-6f0a-4f4e-9d3c-0d7b1c9a2e11",
        "/events",
        "/events?type=secret.read&secret=3f0c6a52-6f0a-4f4e-9d3c-0d7b1c9a2e11",
        "/enrol",
        "/set-up",
        "/sign-in",
        "/sign-in?from=%2Fsecrets%3Fstate%3Dpresent",
      ]
    `);
  });

  it('leaves out a filter that is not set', () => {
    expect(links.secrets({ q: undefined } as never)).toBe('/secrets');
  });
});

describe('safeReturn', () => {
  it('goes back to a path of the dashboard', () => {
    expect(safeReturn('/secrets?state=present')).toBe('/secrets?state=present');
  });

  it.each([
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '',
    null,
  ])('never leaves the dashboard for %j', (from) => expect(safeReturn(from)).toBe('/'));
});
