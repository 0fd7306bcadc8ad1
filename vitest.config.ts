import { defineConfig } from 'vitest/config';

/** Workspace packages are read from source, so that no test runs against an old build. */
const fromSource = {
  ssr: { resolve: { conditions: ['source'] } },
  resolve: { conditions: ['source'] },
};

/** What is promised of views and reactors holds wherever the log is. */
const onBothDatabases = [
  'libs/events/src/views/{views,rebuild}.test.ts',
  'libs/events/src/react/reactors.test.ts',
  'libs/events/src/follow/run-tree.test.ts',
];

export default defineConfig({
  test: {
    projects: [
      {
        ...fromSource,
        test: {
          name: 'unit',
          include: ['{libs,apps}/*/src/**/*.test.{ts,tsx}', 'tools/src/**/*.test.ts'],
          exclude: [
            '**/*.http.test.ts',
            '**/*.real.test.ts',
            '**/*.postgres.test.ts',
            '**/node_modules/**',
          ],
        },
      },
      {
        ...fromSource,
        test: {
          name: 'http',
          include: ['apps/api/src/**/*.http.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        ...fromSource,
        test: {
          name: 'real',
          include: ['{libs,apps}/*/src/**/*.real.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        ...fromSource,
        test: {
          name: 'postgres',
          include: ['{libs,apps}/*/src/**/*.postgres.test.ts', ...onBothDatabases],
          globalSetup: './tools/postgres.mjs',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // They share one server, and some of them restart it.
          fileParallelism: false,
        },
      },
      {
        ...fromSource,
        test: {
          name: 'e2e',
          include: ['e2e/src/**/*.e2e.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
