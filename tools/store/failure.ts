// The words in which a store's failure is told: what was tried, on which object, the store's own reason, and
// what to do. Never holds more of a request than the object's name: headers and addresses carry secrets.
// Holds no effects.

import { formatReason } from '../../lake/errors.ts';
import { redact } from '../../lake/redact.ts';
import { StoreError, type StoreFailure } from './store.ts';

/** What was tried, and on what: `put gs://bucket/key`. */
export type StoreAction = { verb: string; object: string };

/** What to do about a failure, where that depends on the kind of store. */
export type StoreHints = Partial<Record<StoreFailure, string>>;

const hints: StoreHints = {
  unavailable: 'the same is tried again later; check the network where it lasts',
  throttled: 'the same is tried again later, more slowly; lower upload.concurrency where it lasts',
  checksum: 'the file is sent again; look at the memory and disk of this machine where it lasts',
  precondition:
    'someone else writes below this prefix: give each lake a prefix of its own, or move what is there away',
  missing: 'look whether the prefix is the right one, and whether a lifecycle rule deletes objects',
};

const maxReason = 300;
/** Tokens, signatures and upload sessions, in case a store repeats them in what it says. */
const credential =
  /(Bearer\s+|(?:Signature|Credential|upload_id|access_token|X-Amz-[\w-]+)["']?\s*[=:]\s*["']?)[^\s"'&,<]+/gi;

function strikeOut(text: string): string {
  const withoutQueries = text.replace(/(https?:\/\/[^\s?]+)\?\S+/g, '$1');
  return redact(withoutQueries, []).replace(credential, '$1***');
}

export function tellFailure(
  failure: StoreFailure,
  { verb, object }: StoreAction,
  reason: string,
  own: StoreHints = {},
): StoreError {
  const hint = own[failure] ?? hints[failure];
  const text = `${verb} ${object}: ${strikeOut(formatReason(reason)).slice(0, maxReason)}`;
  return new StoreError(failure, text, hint === undefined ? {} : { hint });
}

/** `version`: of the object that we have written, and that has to be replaced, where there is one. */
export function tellWrongContent(action: StoreAction, version?: string): StoreError {
  const failure = tellFailure('checksum', action, 'what the store has is not what was sent');
  failure.leftVersion = version;
  return failure;
}

export function tellMissing(action: StoreAction): StoreError {
  return tellFailure('missing', action, 'there is no such object');
}

/** A write that was confirmed, and that the store knows nothing of. */
export function tellVanished(action: StoreAction): StoreError {
  return tellFailure('unavailable', action, 'the store confirmed it, and then did not have it');
}
