import { describe, expect, it } from 'vitest';

import { agentCommands, isLoopback } from './agent-commands.ts';

describe('agentCommands', () => {
  const { keep, run } = agentCommands('https://vestige.example', 'token-1');

  it('keeps the token out of the command line of the agent', () => {
    expect(keep).toContain('token-1');
    expect(run).not.toContain('token-1');
  });

  it('keeps the token in a file that nobody but root reads', () =>
    expect(keep).toBe("(umask 077; printf '%s\\n' 'token-1' > /run/vestige-token)"));

  it('runs the agent against this service with the file of the token', () => {
    expect(run).toBe(
      'npx --no vestige-agent run --api https://vestige.example --state-dir /var/lib/vestige --enrolment-token-file /run/vestige-token',
    );
  });
});

describe('isLoopback', () => {
  it.each(['localhost', '127.0.0.1', '[::1]'])('knows that %s is this machine only', (name) =>
    expect(isLoopback(name)).toBe(true),
  );
  it('takes every other name for reachable', () =>
    expect(isLoopback('vestige.example')).toBe(false));
});
