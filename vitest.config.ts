import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{lake,exchanges,collector,transformer,tools,orchestrator,tests}/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
