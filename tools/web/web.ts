// The mode `web`.

import { OperationalError } from '../../lake/errors.ts';
import type { RunMode } from '../../lake/mode.ts';

export const runWeb: RunMode = async () => {
  throw new OperationalError('run web: not built yet');
};
