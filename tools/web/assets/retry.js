// What of a failed request may be asked again, and when. Holds no effects.

import { RequestError } from './request.js';

const defaultSeconds = 5;
const maxSeconds = 60;

/** After how long asking again may help; undefined: it would not. @param {unknown} thrown */
export function findRetryMs(thrown) {
  if (!(thrown instanceof RequestError) || ![0, 429, 503].includes(thrown.status)) return undefined;
  const seconds = thrown.retryAfterSeconds ?? defaultSeconds;
  return Math.min(Math.max(seconds, 1), maxSeconds) * 1000;
}

/** Says that it is asked again. */
export class RetryError extends Error {
  /** @param {unknown} thrown @param {number} waitMs */
  constructor(thrown, waitMs) {
    const said = thrown instanceof Error ? thrown.message : `${thrown}`;
    super(`${said}. Asks again by itself in ${Math.ceil(waitMs / 1000)} s.`);
    this.name = 'RetryError';
  }
}
