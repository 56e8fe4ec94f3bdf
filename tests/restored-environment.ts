// Test files share a process: what one of them changes in its environment, as it is loaded or later, is put
// back when its tests have ended.

import { afterAll } from 'vitest';

const before = { ...process.env };

afterAll(() => {
  for (const name of Object.keys(process.env)) {
    if (!Object.hasOwn(before, name)) delete process.env[name];
  }
  Object.assign(process.env, before);
});
