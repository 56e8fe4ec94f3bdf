// The words in which a store's failure is told: what was tried, on which object, the store's own reason, and
// what to do. Never holds more of a request than the object's name: headers and addresses carry secrets.
// Holds no effects.

import { formatReason } from '../../lake/errors.ts';
import { redact } from '../../lake/log-line.ts';
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

export function tellFailure(
  failure: StoreFailure,
  { verb, object }: StoreAction,
  reason: string,
  own: StoreHints = {},
): StoreError {
  const hint = own[failure] ?? hints[failure];
  const text = `${verb} ${object}: ${redact(formatReason(reason), [])}`;
  return new StoreError(failure, text, hint === undefined ? {} : { hint });
}

/** What the bytes that arrived have to do with those that were sent. */
export function tellWrongContent(action: StoreAction): StoreError {
  return tellFailure('checksum', action, 'what the store has is not what was sent');
}

export function tellMissing(action: StoreAction): StoreError {
  return tellFailure('missing', action, 'there is no such object');
}

/** A write that was confirmed, and that the store knows nothing of. */
export function tellVanished(action: StoreAction): StoreError {
  return tellFailure('unavailable', action, 'the store confirmed it, and then did not have it');
}
