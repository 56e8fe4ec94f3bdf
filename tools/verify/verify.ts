import type { RunMode } from '../../lake/mode.ts';

export const runVerify: RunMode = async () => {
  throw new Error('not written yet');
};
