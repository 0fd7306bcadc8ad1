import type { Terminal } from '../terminal.ts';

/** Says something that is no answer and no failure; to a program as JSON, like the errors of `run`. */
export function warn(
  { code, message }: { code: string; message: string },
  isJson: boolean,
  terminal: Terminal,
): void {
  terminal.warn(isJson ? JSON.stringify({ warning: { code, message } }) : message);
}
