import { createInterface } from 'node:readline/promises';

import { type ExitCode, exitCodes } from './exit-code.ts';

/** Where a command speaks: answers to `print`, everything else to `warn`. */
export interface Terminal {
  /** What the command's answer amounts to; a command sets it and goes on printing. */
  exitCode: ExitCode;
  print(text: string): void;
  warn(text: string): void;
  /** True where somebody agreed, null where nobody can be asked. */
  confirm(question: string): Promise<boolean | null>;
}

export function systemTerminal(): Terminal {
  return {
    exitCode: exitCodes.fine,
    print: (text) => process.stdout.write(`${text}\n`),
    warn: (text) => process.stderr.write(`${text}\n`),
    confirm: askOnTerminal,
  };
}

async function askOnTerminal(question: string): Promise<boolean | null> {
  if (!process.stdin.isTTY) return null;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await prompt.question(`${question} Type yes to go on: `)).trim() === 'yes';
  } finally {
    prompt.close();
  }
}
