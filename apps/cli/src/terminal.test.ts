import { PassThrough } from 'node:stream';

import { afterEach, describe, expect, it, vi } from 'vitest';

import { exitCodes } from './exit-code.ts';
import { systemTerminal } from './terminal.ts';

afterEach(() => {
  process.stdout.removeAllListeners('error');
  vi.restoreAllMocks();
});

/** Somebody at a terminal, who types this. */
function confirmed(typed: string): Promise<boolean | null> {
  const keyboard = Object.assign(new PassThrough(), { isTTY: true });
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(keyboard as never);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  keyboard.end(typed);
  return systemTerminal().confirm('Wipe?');
}

describe('the terminal', () => {
  it('takes yes for a yes and nothing else', async () => {
    expect(await confirmed('yes\n')).toBe(true);
    expect(await confirmed('y\n')).toBe(false);
  });

  it('takes an end of input (Ctrl-D) for a no', async () => {
    expect(await confirmed('')).toBe(false);
  });

  it('says when what it printed has left', async () => {
    const written: unknown[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation(((text: string, done?: () => void) => {
      written.push(text);
      done?.();
      return true;
    }) as never);
    const terminal = systemTerminal();
    terminal.print('answer');
    await terminal.printed?.();
    expect(written).toEqual(['answer\n', '']);
  });

  it('ends with 1 where its output cannot be written, and goes on where nobody reads it', () => {
    const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
    const warned = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    systemTerminal();
    process.stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    expect(exit).not.toHaveBeenCalled();
    process.stdout.emit('error', Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
    expect(exit).toHaveBeenCalledWith(exitCodes.negative);
    expect(warned).toHaveBeenCalledWith('vestige: ENOSPC\n');
  });
});
