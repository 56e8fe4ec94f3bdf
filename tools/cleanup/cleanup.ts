// Mode `cleanup`: deletes what is old and proven.

import type { RunMode } from '../../lake/mode.ts';

export const runCleanup: RunMode = async () => {
  throw new Error('not written yet');
};
