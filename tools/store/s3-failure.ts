// What an error of the AWS client means: by the code the store gives, else by its HTTP status. Holds no effects.

import { findErrorCode, formatReason } from '../../lake/errors.ts';
import { type StoreAction, type StoreHints, tellFailure } from './failure.ts';
import type { StoreError, StoreFailure } from './store.ts';

const byCode: Record<string, StoreFailure> = {
  CredentialsProviderError: 'credentials',
  ExpiredToken: 'credentials',
  ExpiredTokenException: 'credentials',
  InvalidAccessKeyId: 'credentials',
  InvalidToken: 'credentials',
  RequestTimeTooSkewed: 'credentials',
  SignatureDoesNotMatch: 'credentials',
  TokenRefreshRequired: 'credentials',
  AccessDenied: 'permission',
  NoSuchBucket: 'no-bucket',
  NoSuchUpload: 'unavailable',
  IncompleteBody: 'unavailable',
  RequestTimeout: 'unavailable',
  BandwidthLimitExceeded: 'throttled',
  ConditionalRequestConflict: 'throttled',
  OperationAborted: 'throttled',
  RequestLimitExceeded: 'throttled',
  SlowDown: 'throttled',
  SlowDownRead: 'throttled',
  SlowDownWrite: 'throttled',
  ThrottlingException: 'throttled',
  TooManyRequests: 'throttled',
  BadDigest: 'checksum',
  InvalidDigest: 'checksum',
  XAmzContentChecksumMismatch: 'checksum',
  XAmzContentSHA256Mismatch: 'checksum',
};

const byStatus: Record<number, StoreFailure> = {
  401: 'credentials',
  403: 'permission',
  404: 'missing',
  408: 'unavailable',
  409: 'precondition',
  412: 'precondition',
  429: 'throttled',
  501: 'refused',
};

const hints: StoreHints = {
  credentials:
    'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (AWS_SESSION_TOKEN, too, where they are temporary), or give the machine a role; see that the clock is right',
  permission:
    'allow s3:PutObject, s3:GetObject and s3:AbortMultipartUpload on the objects below s3.prefix, and s3:ListBucket on the bucket',
  'no-bucket': 'make the bucket of s3.bucket_name, or correct its name',
  refused: 'see s3 in the configuration: region and endpoint must be those of the bucket',
};

export function tellS3Failure(thrown: unknown, action: StoreAction): StoreError {
  const status = findStatus(thrown);
  return tellFailure(judge(thrown, status), action, formatAnswer(thrown, status), hints);
}

/** Whether the store knows no such request, or no such header. */
export function isNotImplemented(thrown: unknown): boolean {
  return findStatus(thrown) === 501 || findName(thrown) === 'NotImplemented';
}

export function isNotFound(thrown: unknown): boolean {
  return findStatus(thrown) === 404 && findName(thrown) !== 'NoSuchBucket';
}

/** Whether it was refused by an answer that could not say why. */
export function isWithoutReason(thrown: unknown): boolean {
  return [400, 403].includes(findStatus(thrown) ?? 0);
}

function judge(thrown: unknown, status: number | undefined): StoreFailure {
  const known = byCode[findName(thrown) ?? ''];
  if (known !== undefined) return known;
  if (status === undefined) return 'unavailable';
  return byStatus[status] ?? (status >= 500 ? 'unavailable' : 'refused');
}

function formatAnswer(thrown: unknown, status: number | undefined): string {
  const name = findName(thrown);
  const reason = formatReason(thrown);
  if (status === undefined) {
    const code = findErrorCode(thrown);
    return code === undefined || reason.includes(code) ? reason : `${code}: ${reason}`;
  }
  const told = [name, reason].filter((text) => !/^(Unknown|UnknownError|\d*)$/.test(text ?? ''));
  return [`status ${status}`, ...new Set(told)].join(': ');
}

/** Of an answer to the request; a failure to get credentials may carry the status of another. */
function findStatus(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('$metadata' in thrown)) return undefined;
  const { httpStatusCode } = thrown.$metadata as { httpStatusCode?: number };
  return httpStatusCode;
}

function findName(thrown: unknown): string | undefined {
  return thrown instanceof Error ? thrown.name : undefined;
}
