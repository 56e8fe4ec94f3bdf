// A program for tests: uploads a lake and kills itself at the first time it takes a step.
// `node upload-killed.ts ROOT YAML [STEP]`; without a step it is killed from outside.

import { runUploadOf } from './upload-run.ts';

const [root = '', yaml = '', step] = process.argv.slice(2);

await runUploadOf(root, {
  yaml,
  onStep: (taken) => {
    if (taken === step) process.kill(process.pid, 'SIGKILL');
  },
});
