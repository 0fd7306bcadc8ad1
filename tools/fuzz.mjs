// `npm run fuzz [-- CASES]`: the nightly setting of the parser's fuzz tests, 200,000 mutated tables unless told otherwise.
import { spawnSync } from 'node:child_process';

const [cases = '200000'] = process.argv.slice(2);
if (!/^[1-9]\d{0,8}$/.test(cases)) {
  console.error(`Not a number of cases: ${cases}`);
  process.exit(2);
}
const command = ['vitest', 'run', '--project', 'unit', 'libs/secret-area/src/fuzz.test.ts'];
const env = { ...process.env, VESTIGE_FUZZ_CASES: cases };
process.exit(spawnSync('npx', command, { stdio: 'inherit', env }).status ?? 1);
