import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{lake,exchanges,collector,transformer,tools,orchestrator,tests}/**/*.test.ts'],
    pool: 'forks',
    // Most tests wait for sockets, timers and child processes.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
