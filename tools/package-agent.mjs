// `npm run package:agent [-- --out DIR]`: sets up, then makes the agent's package for guests in dist/, or in DIR. With --built it
// takes the checkout as it is.
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { setUp } from './setup.mjs';

const { values } = parseArgs({ options: { out: { type: 'string' }, built: { type: 'boolean' } } });
const outDir = resolve(values.out ?? join(dirname(fileURLToPath(import.meta.url)), '../dist'));

if (values.built !== true) setUp();
const { packageAgent } = await import('./dist/package/package-agent.js');
console.log(await packageAgent(outDir));
