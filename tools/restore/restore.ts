// The mode `restore`.

import { OperationalError } from '../../lake/errors.ts';
import type { RunMode } from '../../lake/mode.ts';

export const runRestore: RunMode = async () => {
  throw new OperationalError('run restore: not built yet');
};
