// The mode `plan`.

import { OperationalError } from '../../lake/errors.ts';
import type { RunMode } from '../../lake/mode.ts';

export const runPlan: RunMode = async () => {
  throw new OperationalError('run plan: not built yet');
};
