import { describe, expect, it } from 'vitest';

import { isSince } from './kernel.ts';
import { checkClock, checkMemory, checkNode, checkRights } from './machine.ts';
import { checkModule } from './secrets.ts';

describe('the checks of the machine', () => {
  it.each([
    ['20.18.1', 'fail'],
    ['20.19.0', 'ok'],
    ['22.1.0', 'ok'],
  ])('takes Node %s: %s', (version, state) => {
    expect(checkNode(version).state).toBe(state);
  });

  it('names the capabilities that are missing, and what they are for', () => {
    expect(checkRights('CapEff:\t000001ffffffffff\n').state).toBe('ok');
    const { state, says } = checkRights('CapEff:\t0000000000080004\n');
    expect(state).toBe('warn');
    expect(says).toContain('CAP_SYS_ADMIN (fanotify)');
    expect(says).not.toContain('CAP_SYS_PTRACE');
  });

  it('says how much memory there is', () => {
    expect(checkMemory('MemAvailable:  204800 kB\n').says).toContain('200 MB');
    expect(checkMemory('MemAvailable:  20480 kB\n').state).toBe('warn');
    expect(checkMemory('').state).toBe('warn');
  });

  it('does not believe a clock that no agent can have', () => {
    const now = Date.parse('2026-06-01T00:00:00Z');
    expect(checkClock(now, `btime ${now / 1000 - 60}\n`).state).toBe('ok');
    expect(checkClock(now, `btime ${now / 1000 + 60}\n`).state).toBe('warn');
    expect(checkClock(0, '').state).toBe('fail');
  });

  it('compares kernels as numbers', () => {
    expect(isSince([6, 8], '6.12.1')).toBe(true);
    expect(isSince([6, 8], '6.1.0-18-amd64')).toBe(false);
    expect(isSince([6, 8], '7.0')).toBe(true);
  });
});

describe('the check of the module', () => {
  const module = { isBound: false };

  it('is well where it is there', () => {
    const there = { ...module, state: 'built-in', isAvailable: null, hasDevice: true } as const;
    expect(checkModule(there).state).toBe('ok');
  });

  it('advises to load it where that is possible', () => {
    const there = { ...module, state: 'absent', isAvailable: true, hasDevice: true } as const;
    expect(checkModule(there)).toMatchObject({ state: 'warn', advice: 'modprobe efi_secret' });
  });

  it('fails where the firmware has secrets that this kernel cannot show', () => {
    const there = { ...module, state: 'absent', isAvailable: false, hasDevice: true } as const;
    expect(checkModule(there).state).toBe('fail');
    expect(checkModule({ ...there, hasDevice: false }).state).toBe('warn');
  });
});
