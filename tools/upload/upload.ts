// The mode `upload`: copies finished days to every configured store.

import { readAway } from '../../lake/away.ts';
import { OperationalError } from '../../lake/errors.ts';
import type { RunMode } from '../../lake/mode.ts';
import { putWithRetries } from '../store/retry.ts';
import { openStores } from '../store/stores.ts';
import { listDayFiles } from './day-files.ts';
import { readUploadLedger } from './ledger.ts';
import { releaseUploaded } from './release.ts';

/** What the mode is made of. */
export const parts = {
  readAway,
  openStores,
  putWithRetries,
  readUploadLedger,
  listDayFiles,
  releaseUploaded,
};

export const runUpload: RunMode = async () => {
  throw new OperationalError('run upload: not built yet');
};
