import { describe, expect, it } from 'vitest';

import { AgentError } from '../agent-error.ts';
import { JournalError } from '../journal/journal-error.ts';
import { Wake } from '../wake.ts';
import type { Grant } from './enrolment-entry.ts';
import { LinkStateKeeper } from './link-state.ts';
import { waitForGrant } from './wait-for-grant.ts';

const grant: Grant = { api: 'https://vestige.example', token: 'one-time-token', logKey: null };

const turnsMax = 6;

function exclusively<T>(task: () => Promise<T>): Promise<T> {
  return task();
}

/** Each answer is one look; nobody waits for the next turn, and after some the agent is to stop. */
function waitOver(answers: readonly (Grant | Error | null)[]) {
  const wake = new Wake();
  const state = new LinkStateKeeper('service', () => {});
  let looks = 0;
  let turns = 0;
  const read = async (): Promise<Grant | null> => {
    const answer = answers[looks] ?? null;
    looks += 1;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const isStopping = (): boolean => {
    turns += 1;
    wake.set();
    return turns > turnsMax;
  };
  const found = waitForGrant({ entry: { read }, exclusively, state, wake, isStopping });
  return { found, state, looks: () => looks };
}

describe('waiting for the enrolment entry', () => {
  it('looks until it is there', async () => {
    const { found, state } = waitOver([null, null, grant]);
    expect(await found).toStrictEqual(grant);
    expect(state.state.standing).toBe('not-enrolled');
  });

  it('ends with the agent', async () => {
    expect(await waitOver([null, null]).found).toBeNull();
  });

  it('tries again where the journal had no room for the read, which then was not made', async () => {
    const { found, looks } = waitOver([new JournalError('full', 'told to be full'), grant]);
    expect(await found).toStrictEqual(grant);
    expect(looks()).toBe(2);
  });

  it('says that an entry cannot be used, and does not read it again', async () => {
    const { found, state, looks } = waitOver([new AgentError('state', 'told to be bad'), grant]);
    expect(await found).toBeNull();
    expect(state.state).toMatchObject({ standing: 'refused', detail: 'told to be bad' });
    expect(looks()).toBe(1);
  });
});
