// `npm run dev`: API and dashboard that follow the sources, without a demo fleet.
import { spawn } from 'node:child_process';

import { setUp } from './setup.mjs';

setUp();
const commands = {
  tsc: 'tsc -b --watch --preserveWatchOutput',
  api: 'node --watch apps/api/dist/main.js',
  web: 'node apps/web/server.mjs --dev',
};
const dev = spawn(
  'npx',
  [
    'concurrently',
    '--kill-others',
    '--names',
    Object.keys(commands).join(','),
    ...Object.values(commands),
  ],
  { stdio: 'inherit' },
);
dev.once('exit', (code) => process.exit(code ?? 0));
