import type { Reactor } from '../follow/reactor.ts';
import { bootEndings } from './boot-endings.ts';
import { wipeProgress } from './wipe-progress.ts';

export const allReactors: readonly Reactor[] = [bootEndings, wipeProgress];
