import { expect, it } from 'vitest';

import { readConfig } from './config.ts';

it('takes a variable that is set to nothing for one that is not set', () => {
  const unset = { api: 'http://localhost:4000', token: undefined, tokenFile: undefined };
  expect(readConfig({})).toEqual(unset);
  expect(readConfig({ VESTIGE_API: '', VESTIGE_TOKEN: '', VESTIGE_TOKEN_FILE: '' })).toEqual(unset);
  expect(
    readConfig({ VESTIGE_API: 'https://a.example', VESTIGE_TOKEN: 't', VESTIGE_TOKEN_FILE: 'f' }),
  ).toEqual({ api: 'https://a.example', token: 't', tokenFile: 'f' });
});
