import { setTimeout as wait } from 'node:timers/promises';

import { type Follower, listFollowers, rebuildFollower } from '@vestige/contract';
import type { Command } from 'commander';

import { exitCodes, UsageError } from '../exit-code.ts';
import { plainText } from '../plain-text.ts';
import { connect, type ConnectionOptions, type Service, withConnection } from '../service.ts';
import { columns } from '../table/columns.ts';
import type { Terminal } from '../terminal.ts';
import { Progress } from './progress.ts';

interface Options extends ConnectionOptions {
  json?: true;
}

const pollMilliseconds = 250;

export function addFollowers(log: Command, terminal: Terminal): void {
  const followers = log
    .command('followers')
    .description('show how far what is made of the log has come')
    .option('--json', 'print JSON');
  withConnection(followers)
    .addHelpText(
      'after',
      `
Ends with 1 where one stands still.

Examples:
  $ vestige log followers
  $ vestige log followers --json | jq '.items[] | select(.failure)'`,
    )
    .action((options: Options) => list(options, terminal));
}

export function addRebuild(log: Command, terminal: Terminal): void {
  const rebuild = log
    .command('rebuild')
    .description('make a view or the Merkle tiles anew from the log, while the service runs')
    .argument('<name>', 'name of the follower')
    .option('--json', 'print JSON');
  withConnection(rebuild)
    .addHelpText(
      'after',
      `
Waits until it is done; Ctrl-C ends the waiting, not the rebuild. Ends with 1 where it fails.

Examples:
  $ vestige log rebuild secrets`,
    )
    .action((name: string, options: Options) => rebuildOne(name, options, terminal));
}

async function list(options: Options, terminal: Terminal): Promise<void> {
  const service = await connect(options);
  const { size, items } = await service.ask(listFollowers, {});
  terminal.print(
    options.json
      ? JSON.stringify({ size, items }, null, 2)
      : columns([
          ['name', 'kind', 'position', 'behind', 'state'],
          ...items.map((item) => rowOf(item, size)),
        ]).join('\n'),
  );
  if (items.some(({ failure }) => failure !== null)) terminal.exitCode = exitCodes.negative;
}

function rowOf({ name, kind, position, failure, rebuilding }: Follower, size: number): string[] {
  const rebuild = rebuilding === null ? 'follows' : `rebuilding, at ${rebuilding}`;
  const state = failure === null ? rebuild : `STANDS STILL: ${failure}`;
  return [name, kind, String(position), String(size - position), state].map(plainText);
}

async function rebuildOne(name: string, options: Options, terminal: Terminal): Promise<void> {
  if (!/^[a-z-]{1,64}$/.test(name)) throw new UsageError('a follower has a name like guests');
  const service = await connect(options);
  await service.ask(rebuildFollower, { params: { name } });
  const { size, follower } = await rebuilt(name, service, options, terminal);
  const trouble = follower.rebuildFailure ?? follower.failure;
  if (options.json) terminal.print(JSON.stringify({ size, follower }, null, 2));
  else {
    terminal.print(
      trouble === null
        ? `${name}: rebuilt to position ${follower.position} of ${size}`
        : `${name}: failed at position ${follower.position}: ${plainText(trouble)}`,
    );
  }
  if (trouble !== null) terminal.exitCode = exitCodes.negative;
}

async function rebuilt(name: string, service: Service, { json }: Options, terminal: Terminal) {
  const progress = new Progress('rebuilding', json === true, terminal);
  try {
    for (;;) {
      const { size, items } = await service.ask(listFollowers, {});
      const follower = items.find((item) => item.name === name);
      if (follower === undefined) throw new Error(`the service knows no ${name} any more`);
      if (follower.rebuilding === null) return { size, follower };
      progress.at(follower.rebuilding, size);
      await wait(pollMilliseconds);
    }
  } finally {
    progress.end();
  }
}
