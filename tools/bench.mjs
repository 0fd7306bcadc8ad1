// `npm run bench [-- NAME]`: measurements as ratios within one run; the machine's speed cancels out.
import { spawnSync } from 'node:child_process';

import { startPostgres } from './postgres.mjs';
import { setUp } from './setup.mjs';

const benches = {
  log: ['libs/events/dist/bench.js', 'libs/tlog/dist/bench.js', 'apps/cli/dist/log/bench.js'],
  agent: ['apps/agent/dist/bench.js'],
  'secret-area': ['libs/secret-area/dist/bench.js'],
};

setUp();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`No bench "${unknown.join(', ')}". There are: ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}
for (const [name, files] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`== ${name}`);
  const server = name === 'log' ? await startPostgres().catch(tellAbsence) : undefined;
  // The first of them is the one that can measure a server.
  const failed = files.find(
    (file, index) => !succeeds([file, ...(index === 0 && server ? [server.url] : [])]),
  );
  await server?.stop();
  if (failed !== undefined) process.exit(1);
}

function succeeds(args) {
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status === 0;
}

function tellAbsence(error) {
  console.log(error.message);
}
