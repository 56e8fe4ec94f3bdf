// Requests to the lake. An error says what the server said; without a session the login page comes up and
// brings the person back afterwards.

import { formatLoginPath } from './login-address.js';

/** What the server refused, in its own words. */
export class RequestError extends Error {
  /**
   * @param {number} status 0: no answer came
   * @param {string} message
   * @param {number} [retryAfterSeconds] where the server said when to ask again
   */
  constructor(status, message, retryAfterSeconds) {
    super(message);
    this.name = 'RequestError';
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

let aheadMs = 0;

/** The server's clock, to about a second: the browser's own may be far off. */
export function serverNowMs() {
  return Date.now() + aheadMs;
}

/** @param {Response} answer */
function readClock(answer) {
  const ms = Date.parse(answer.headers.get('date') ?? '') + 500 - Date.now();
  if (Number.isFinite(ms)) aheadMs = Math.abs(ms) < 1500 ? 0 : ms;
}

/**
 * The answer, whatever its status; throws RequestError where none comes, or a login is needed.
 * @param {string} path
 * @param {RequestInit} [init]
 */
export async function request(path, init = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...init, credentials: 'same-origin' });
  } catch (thrown) {
    if (init.signal?.aborted) throw thrown;
    throw new RequestError(0, 'the lake does not answer: is it running, is the network there?');
  }
  readClock(answer);
  if (answer.status === 401) {
    location.assign(formatLoginPath(location));
    throw new RequestError(401, 'log in first');
  }
  return answer;
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<any>}
 */
export async function requestJson(path, init) {
  const answer = await request(path, init);
  if (!answer.ok) throw await readError(answer);
  return answer.json();
}

/** @param {Response} answer */
export async function readError(answer) {
  const body = await answer.json().catch(() => ({}));
  const said = typeof body.error === 'string' ? body.error : `the lake answered ${answer.status}`;
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
  return new RequestError(answer.status, said, Number.isFinite(seconds) ? seconds : undefined);
}

/**
 * A path with a query; undefined values are left out.
 * @param {string} path
 * @param {Record<string, string | number | undefined>} parameters
 */
export function formatPath(path, parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given.map(([name, value]) => [name, `${value}`]));
  return given.length === 0 ? path : `${path}?${query}`;
}

/**
 * Has the browser save what a path answers. Throws RequestError where it is refused.
 * @param {string} path
 * @param {string} name of the file, where the server gives none
 * @param {RequestInit} [init]
 */
export async function save(path, name, init) {
  const answer = await request(path, init);
  if (!answer.ok) throw await readError(answer);
  const given = /filename="?([\w.+-]+)"?/.exec(
    answer.headers.get('content-disposition') ?? '',
  )?.[1];
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await answer.blob());
  link.download = given ?? name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
