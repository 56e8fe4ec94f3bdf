import type { RunMode } from '../../lake/mode.ts';

export const runDrill: RunMode = async () => {
  throw new Error('not written yet');
};
