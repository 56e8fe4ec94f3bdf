// What an error of Google's client means: by its HTTP status where there was an answer. Holds no effects.

import { formatReason } from '../../lake/errors.ts';
import { type StoreAction, type StoreHints, tellFailure } from './failure.ts';
import type { StoreError, StoreFailure } from './store.ts';

const failures: Record<number, StoreFailure> = {
  401: 'credentials',
  403: 'permission',
  404: 'no-bucket',
  408: 'unavailable',
  409: 'precondition',
  412: 'precondition',
  429: 'throttled',
};

const hints: StoreHints = {
  credentials:
    'attach a service account to this machine, or name its key file in GOOGLE_APPLICATION_CREDENTIALS; see that the clock is right',
  permission:
    'grant the service account roles/storage.objectUser on the bucket (objectCreator and objectViewer do not let it replace a day that has changed)',
  'no-bucket': 'make the bucket of gcs.bucket_name, or correct its name',
  refused: 'see gcs in the configuration',
};

/** `content`: a request that carries content with its digest, which is what a 400 then finds fault with. */
export function tellGcsFailure(
  thrown: unknown,
  action: StoreAction,
  kind: 'content' | 'other' = 'other',
): StoreError {
  const status = findStatus(thrown);
  const reason = status === undefined ? formatNetworkReason(thrown) : formatAnswer(status, thrown);
  return tellFailure(judge(status, kind), action, reason, hints);
}

/** The same of the request for a token, where whatever is refused are the credentials. */
export function tellTokenFailure(thrown: unknown, action: StoreAction): StoreError {
  const status = findStatus(thrown);
  const isRefused = status === undefined ? !isNetworkError(thrown) : status < 500 && status !== 429;
  const failure = isRefused ? 'credentials' : judge(status, 'other');
  return tellFailure(failure, action, `get a token: ${formatNetworkReason(thrown)}`, hints);
}

function judge(status: number | undefined, kind: 'content' | 'other'): StoreFailure {
  if (status === undefined || status >= 500) return failures[status ?? 0] ?? 'unavailable';
  if (status === 400 && kind === 'content') return 'checksum';
  return failures[status] ?? 'refused';
}

/** Errors carry it in `status`, in `code` as number or text, or in their response. */
function findStatus(thrown: unknown): number | undefined {
  const { status, code, response } = asRecord(thrown);
  const candidates = [status, code, asRecord(response).status, asRecord(response).statusCode];
  return candidates.map(Number).find((number) => number >= 300 && number < 600);
}

/** Whether the request was never answered. */
function isNetworkError(thrown: unknown): boolean {
  const { code, cause } = asRecord(thrown);
  const isOwn =
    typeof code === 'string' &&
    /^(E[A-Z]*(CONN|NET|HOST|TIMEDOUT|PIPE)|EAI_|ENOTFOUND|UND_)/.test(code);
  return isOwn || (cause !== undefined && isNetworkError(cause));
}

function formatNetworkReason(thrown: unknown): string {
  const { code } = asRecord(thrown);
  const reason = formatReason(thrown);
  return typeof code !== 'string' || reason.includes(code) ? reason : `${code}: ${reason}`;
}

/** `status 403: the reason the store gives`. */
function formatAnswer(status: number, thrown: unknown): string {
  const { errors, response, message } = asRecord(thrown);
  const first = Array.isArray(errors) ? asRecord(errors[0]) : {};
  const data = asRecord(asRecord(asRecord(response).data).error);
  const inner = asRecord(first.error);
  const told = [inner.message, first.message, data.message, message].find(
    (text) => typeof text === 'string' && text.trim() !== '',
  );
  return `status ${status}${told === undefined ? '' : `: ${told}`}`;
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
