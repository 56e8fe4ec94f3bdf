import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** These replace modules that others of the same process have loaded. */
const alone = ['collector/crash.test.ts'];
/** These take longest, mostly waiting: begun last they would be waited for. */
const first = ['orchestrate', 'recording-cuts', 'upgrade', 'recording', 'demo'];
const firstFiles = first.map((name) => `/tests/${name}.test.ts`);
const each = { pool: 'forks', testTimeout: 60_000, hookTimeout: 60_000 } as const;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isFirst = ({ moduleId }: TestSpecification) =>
      firstFiles.some((name) => moduleId.endsWith(name));
    return [...sorted.filter(isFirst), ...sorted.filter((file) => !isFirst(file))];
  }
}

export default defineConfig({
  test: {
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    globalSetup: './tests/scratch-folder.ts',
    projects: [
      {
        test: {
          ...each,
          name: 'lake',
          include: [
            '{lake,exchanges,collector,transformer,tools,orchestrator,library,tests}/**/*.test.ts',
          ],
          exclude: alone,
          setupFiles: './tests/restored-environment.ts',
          // To load the modules anew for each file would be a fifth of the whole.
          isolate: false,
        },
      },
      { test: { ...each, name: 'alone', include: alone } },
    ],
  },
});
