import type { Command } from 'commander';

import type { Terminal } from '../terminal.ts';
import { addBuild } from './build.ts';
import { addGuids } from './guids.ts';
import { addInspect } from './inspect.ts';
import { addSeal } from './seal.ts';
import { addVerify } from './verify.ts';
import { addWipe } from './wipe.ts';

/** `vestige table`: images of EFI secret tables, without a service. */
export function addTableCommands(program: Command, terminal: Terminal): void {
  const table = program
    .command('table')
    .description('work on an image of an EFI secret table; never prints data');
  addInspect(table, terminal);
  addBuild(table, terminal);
  addWipe(table, terminal);
  addVerify(table, terminal);
  addSeal(table, terminal);
  addGuids(table, terminal);
}
