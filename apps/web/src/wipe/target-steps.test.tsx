import { finalTargetStates, TargetState } from '@vestige/contract';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';

import { TargetSteps } from './target-steps.tsx';
import { targetWords } from './wipe-words.ts';

const text = (state: TargetState, detail: string | null = null) =>
  renderToStaticMarkup(<TargetSteps target={{ state, detail }} />);

const isDone = (state: TargetState) => />Verified<span class="sr-only">, done</.test(text(state));

describe('TargetSteps', () => {
  it.each(TargetState.options)('says the word of "%s"', (state) => {
    expect(text(state)).toContain(targetWords[state].word);
  });

  it('marks verified as done only where it is', () => {
    expect(TargetState.options.filter((state) => isDone(state))).toEqual(['verified']);
  });

  it('draws no way for a secret that left it', () => {
    for (const state of finalTargetStates)
      expect(text(state).includes('<ol')).toBe(state === 'wiped' || state === 'verified');
  });

  it('gives the guest’s own reason where there is one', () => {
    expect(text('failed', 'EIO while unlinking')).toContain('EIO while unlinking');
  });
});
