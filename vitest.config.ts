import { defineConfig } from 'vitest/config';

/** These replace modules that others of the same process have loaded. */
const alone = ['collector/crash.test.ts'];
const each = { pool: 'forks', testTimeout: 60_000, hookTimeout: 60_000 } as const;

export default defineConfig({
  test: {
    // Most tests wait for sockets, timers and child processes.
    maxWorkers: 3,
    globalSetup: './tests/scratch-folder.ts',
    projects: [
      {
        test: {
          ...each,
          name: 'lake',
          include: ['{lake,exchanges,collector,transformer,tools,orchestrator,tests}/**/*.test.ts'],
          exclude: alone,
          // To load the modules anew for each file would be a fifth of the whole.
          isolate: false,
        },
      },
      { test: { ...each, name: 'alone', include: alone } },
    ],
  },
});
