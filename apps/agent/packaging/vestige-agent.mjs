#!/usr/bin/env node
// The package's one script: the agent, and the thread of it that observes.
import { isMainThread } from 'node:worker_threads';

await (isMainThread ? import('../src/main.ts') : import('../src/observe/observer-worker.ts'));
