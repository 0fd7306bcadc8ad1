import { Logger } from '@nestjs/common';
import { EventsError } from '@vestige/events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { problemOf, Refusal } from '../problem.ts';
import { refusalOf } from './problem.filter.ts';

const logged = vi.fn<(...said: unknown[]) => void>();
beforeEach(() => {
  Logger.overrideLogger({ log: logged, warn: logged, error: logged });
});
afterEach(() => {
  logged.mockClear();
});

describe('refusalOf', () => {
  it('tells and logs nothing of what an unknown error says', () => {
    const refusal = refusalOf(new TypeError('canary of a caller'));
    expect(problemOf(refusal)).toMatchObject({ status: 500, code: 'internal' });
    expect(JSON.stringify([problemOf(refusal), logged.mock.calls])).not.toContain('canary');
    expect(logged).toHaveBeenCalledTimes(1);
  });

  it('keeps a refusal as it is, and blames the caller for his cursor', () => {
    const refusal = new Refusal('not-found', 'No guest has this id.');
    expect(refusalOf(refusal)).toBe(refusal);
    expect(refusalOf(new EventsError('bad-cursor', 'Not a cursor.')).code).toBe('invalid-request');
    expect(logged).not.toHaveBeenCalled();
  });

  it('says that the service is not ready where a view stands still, and which', () => {
    const refusal = refusalOf(new EventsError('follower-failed', 'secrets stands still.'));
    expect([refusal.code, refusal.message]).toEqual(['not-ready', 'secrets stands still.']);
    expect(logged).not.toHaveBeenCalled();
  });

  it('does not take the status of any error for one that the caller may see', () => {
    const foreign = Object.assign(new Error('x'), { statusCode: 404, code: 'ENOENT' });
    expect(refusalOf(foreign).code).toBe('internal');
  });
});
