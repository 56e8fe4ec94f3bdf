// The mode `import`.

import { OperationalError } from '../../lake/errors.ts';
import type { RunMode } from '../../lake/mode.ts';

export const runImport: RunMode = async () => {
  throw new OperationalError('run import: not built yet');
};
