// `npm run bench [-- NAME]`: measurements as ratios within one run; the machine's speed cancels out.
import { spawnSync } from 'node:child_process';

import { setUp } from './setup.mjs';

const benches = {
  events: 'libs/events/dist/bench.js',
  tlog: 'libs/tlog/dist/bench.js',
  agent: 'apps/agent/dist/bench.js',
  'secret-area': 'libs/secret-area/dist/bench.js',
};

setUp();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`No bench "${unknown.join(', ')}". There are: ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}
for (const [name, file] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`== ${name}`);
  if (spawnSync(process.execPath, [file], { stdio: 'inherit' }).status !== 0) process.exit(1);
}
