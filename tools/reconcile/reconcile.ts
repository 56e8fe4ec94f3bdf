import type { RunMode } from '../../lake/mode.ts';

export const runReconcile: RunMode = async () => {
  throw new Error('not written yet');
};
