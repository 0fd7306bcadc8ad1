import { describe, expect, it } from 'vitest';

import { loadSecretFilters, secretQuery } from './secret-filters.ts';

const guid = '736869e5-84f0-4973-92ec-06879ce3da0b';
const query = (search: string) => secretQuery(loadSecretFilters(new URLSearchParams(search)));

describe('secretQuery', () => {
  it('asks the API with exactly the filters of the address', () => {
    expect(query('state=present&source=efi-secret&read=true&q=disk')).toEqual({
      state: 'present',
      source: 'efi-secret',
      read: 'true',
      q: 'disk',
    });
  });

  it('does not ask for a state that does not exist', () => {
    expect(query('state=deleted')).toEqual({});
  });

  it('takes a pasted GUID for a GUID', () => {
    expect(query(`q=${guid.toUpperCase()}`)).toEqual({ guid });
  });

  it('leaves the search text alone where a GUID is chosen already', () => {
    expect(query(`q=${guid}&guid=${guid}`)).toEqual({ q: guid, guid });
  });
});
