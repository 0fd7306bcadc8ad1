import type { Command } from 'commander';

import { connect, type ConnectionOptions, withConnection } from '../service.ts';
import type { Terminal } from '../terminal.ts';
import { serviceKeys } from './keys.ts';

interface Options extends ConnectionOptions {
  json?: true;
}

export function addKey(log: Command, terminal: Terminal): void {
  const key = log
    .command('key')
    .description("print the log's verifier keys, the current one first")
    .option('--json', 'print JSON');
  withConnection(key)
    .addHelpText(
      'after',
      `
A key that is to prove whose log it is must come from elsewhere than the log: compare it with the one that
the operator published.

Examples:
  $ vestige log key > log.key
  $ vestige log key --api https://vestige.example --json`,
    )
    .action(async (options: Options) => {
      const keys = await serviceKeys(await connect(options));
      terminal.print(options.json ? JSON.stringify({ keys }, null, 2) : keys.join('\n'));
    });
}
