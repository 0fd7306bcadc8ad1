import type { Command } from 'commander';

import type { Terminal } from '../terminal.ts';
import { addExport } from './export.ts';
import { addFollowers, addRebuild } from './followers.ts';
import { addKey } from './key.ts';
import { addProve } from './prove.ts';
import { addTail } from './tail.ts';
import { addVerify } from './verify.ts';

/** `vestige log`: the event log, verified without trusting who keeps it. */
export function addLogCommands(program: Command, terminal: Terminal): void {
  const log = program
    .command('log')
    .description('verify, prove, export and watch the event log of a service');
  addVerify(log, terminal);
  addProve(log, terminal);
  addExport(log, terminal);
  addTail(log, terminal);
  addKey(log, terminal);
  addFollowers(log, terminal);
  addRebuild(log, terminal);
}
