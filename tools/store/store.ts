// What the lake needs of a place that keeps copies: a bucket of Google Cloud Storage, a bucket that speaks
// S3, a plain folder. Keys are paths below the lake's root (`parquet/binance/BTCUSDT/year=…`), so that the
// copy of a lake is laid out as the lake is. Holds no effects.

import { type OperationalDetails, OperationalError } from '../../lake/errors.ts';

/** An object as its store describes it. */
export type StoredObject = {
  /** Without the store's prefix. */
  key: string;
  bytes: number;
  /** Changes with every write: generation, ETag, or change time and inode. */
  version: string;
  /** Of the content, hex; undefined where the store does not say. */
  md5: string | undefined;
  /** Of the content, base64 of four bytes; undefined where the store does not say. */
  crc32: string | undefined;
};

/** A file on the way: its size and digests are taken before the first byte is sent. */
export type LocalFile = { path: string; bytes: number; md5: string; crc32: string };

/** What must be there when an object is written: nothing, or the object of that version. */
export type Precondition = 'absent' | { version: string };

export type ObjectStore = {
  /** `gcs`, `s3`, `folder`: as in the configuration. */
  readonly name: string;
  /** `gs://bucket/prefix`, for people; holds no secret. */
  readonly url: string;
  /**
   * Writes, reads and deletes a small object. Gives what this store does not let us do but which an upload
   * can live without, each a line with what follows from it. Throws StoreError where the store could not
   * be used: wrong credentials, no permission, no bucket.
   */
  check(signal: AbortSignal): Promise<string[]>;
  /** Undefined where there is no such object. */
  head(key: string, signal: AbortSignal): Promise<StoredObject | undefined>;
  /**
   * Every object whose key begins with `prefix`, page by page, by key. Digests may be unknown: a folder
   * would have to read every file.
   */
  list(prefix: string, signal: AbortSignal): AsyncIterable<StoredObject>;
  /**
   * Sends the file once, all or nothing, and gives what the store then says it has, digest compared. Tries
   * once: who calls it tries again. Throws StoreError, of kind `precondition` where something else is there.
   */
  put(
    key: string,
    file: LocalFile,
    precondition: Precondition,
    signal: AbortSignal,
  ): Promise<StoredObject>;
  /**
   * Whether the object, as `head` gave it, has the content of the file. Reads the object where its store
   * reports no digest that can be compared.
   */
  holds(object: StoredObject, file: LocalFile, signal: AbortSignal): Promise<boolean>;
  /** Writes the object's bytes to a new file at `path`, and syncs it; on failure there is no file. */
  get(key: string, path: string, signal: AbortSignal): Promise<void>;
  /** Deletes what `check` has written. The lake deletes nothing else from a store. */
  delete(key: string, signal: AbortSignal): Promise<void>;
};

/**
 * Why a store refused: `unavailable` and `throttled` pass with time, `checksum` with another try; with the
 * others a person has to act.
 */
export type StoreFailure =
  | 'unavailable'
  | 'throttled'
  | 'checksum'
  | 'precondition'
  | 'missing'
  | 'credentials'
  | 'permission'
  | 'no-bucket'
  | 'refused';

export class StoreError extends OperationalError {
  readonly failure: StoreFailure;
  /** Of `checksum`: the version that this very put has left there, and that the next try has to replace. */
  leftVersion: string | undefined;

  constructor(failure: StoreFailure, what: string, details: OperationalDetails = {}) {
    const retryable = ['unavailable', 'throttled', 'checksum'].includes(failure);
    super(what, { retryable, ...details });
    this.name = 'StoreError';
    this.failure = failure;
  }
}

/** Whether digests and sizes agree; undefined where the store reports no digest we have taken. */
export function hasContent(object: StoredObject, file: LocalFile): boolean | undefined {
  if (object.bytes !== file.bytes) return false;
  if (object.md5 !== undefined) return object.md5 === file.md5;
  return object.crc32 === undefined ? undefined : object.crc32 === file.crc32;
}
