import { defineConfig } from 'vitest/config';

import { kernels } from './build/parts.mjs';

const here = import.meta.dirname;

/** The same tests on each kernel. A guest boots in some seconds and emulates every instruction. */
export default defineConfig({
  test: {
    projects: kernels.map((version) => ({
      root: here,
      test: {
        name: `linux-${version}`,
        include: ['tests/*.test.mjs'],
        env: { VESTIGE_KERNEL: version },
        testTimeout: 150_000,
        hookTimeout: 180_000,
        fileParallelism: false,
      },
    })),
  },
});
