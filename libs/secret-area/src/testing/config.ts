/** `npm run fuzz` sets more; the fewer are for every run. */
export const fuzzCases = Number(process.env['VESTIGE_FUZZ_CASES'] ?? 5000);
/** To try a failure again. */
export const fuzzSeed = Number(process.env['VESTIGE_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
