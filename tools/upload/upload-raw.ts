// The mode `upload-raw`.

import { OperationalError } from '../../lake/errors.ts';
import type { RunMode } from '../../lake/mode.ts';

export const runUploadRaw: RunMode = async () => {
  throw new OperationalError('run upload-raw: not built yet');
};
