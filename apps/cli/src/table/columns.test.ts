import { expect, it } from 'vitest';

import { columns } from './columns.ts';

it('aligns rows, without blanks at their ends', () => {
  expect(
    columns([
      ['a', 'bb'],
      ['ccc', ''],
    ]),
  ).toEqual(['a    bb', 'ccc']);
  expect(columns([])).toEqual([]);
});

it('takes as many rows as a crafted table has entries', () => {
  const rows = Array.from({ length: 838_859 }, () => ['1', 'b']);
  expect(columns(rows)).toHaveLength(rows.length);
});
