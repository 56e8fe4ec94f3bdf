// What a failed system call on a folder store means. Holds no effects.

import { findErrorCode, formatReason } from '../../lake/errors.ts';
import { type StoreAction, type StoreHints, tellFailure } from './failure.ts';
import type { StoreError, StoreFailure } from './store.ts';

const failures: Record<string, StoreFailure> = {
  ENOENT: 'no-bucket',
  ENOTDIR: 'no-bucket',
  EACCES: 'permission',
  EPERM: 'permission',
  EROFS: 'permission',
  EEXIST: 'precondition',
  ENOSPC: 'refused',
  EDQUOT: 'refused',
  EFBIG: 'refused',
  EINVAL: 'refused',
  ENAMETOOLONG: 'refused',
};

const hints: StoreHints = {
  'no-bucket': 'make the folder of folder.path, or mount the disk or share it lies on',
  permission: 'let the user that runs crypto-lake write the folder of folder.path',
  refused: 'free space on the disk of folder.path, or name another folder',
};

/** Everything else is the disk's or network's trouble, and may pass. */
export function tellFolderFailure(thrown: unknown, action: StoreAction): StoreError {
  const code = findErrorCode(thrown);
  const failure = (code === undefined ? undefined : failures[code]) ?? 'unavailable';
  return tellFailure(failure, action, formatReason(thrown), hints);
}
