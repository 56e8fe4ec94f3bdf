import type { RunMode } from '../../lake/mode.ts';

export const runBackfill: RunMode = async () => {
  throw new Error('not written yet');
};
