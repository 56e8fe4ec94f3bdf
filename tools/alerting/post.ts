// One POST of one message to the webhook, and what the receiver answered. Follows no redirects; never names
// the address, which is a secret.

import { formatCause } from '../../exchanges/http-get.ts';
import type { Message } from './alert.ts';

export type PostOutcome =
  | { kind: 'sent'; answer: string }
  /** May succeed later; the receiver may have said when. */
  | { kind: 'failed'; reason: string; afterMs?: number }
  /** Will not succeed before somebody changes something. */
  | { kind: 'refused'; reason: string };

/** `signal` breaks it off before its time is up. */
export type Post = (
  url: string,
  message: Message,
  withinMs: number,
  signal?: AbortSignal,
) => Promise<PostOutcome>;

/** Answers that mean: later. All others from 300 on mean: not like this. */
const laterStatuses = [408, 421, 425, 429];
const maxAnswerChars = 120;
const maxWaitMs = 3_600_000;

export const postMessage: Post = async (url, message, withinMs, signal) => {
  const timeout = AbortSignal.timeout(withinMs);
  try {
    const { address, headers } = splitCredentials(url);
    const response = await fetch(address, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json', 'Idempotency-Key': message.id },
      body: JSON.stringify(message),
      redirect: 'manual',
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    });
    const answer = `status ${response.status}${await readStart(response)}`;
    if (response.ok) return { kind: 'sent', answer };
    if (response.status < 500 && !laterStatuses.includes(response.status)) {
      return { kind: 'refused', reason: answer };
    }
    const afterMs = parseRetryAfterMs(response.headers.get('retry-after'));
    return { kind: 'failed', reason: answer, ...(afterMs !== undefined && { afterMs }) };
  } catch (thrown) {
    const reason = timeout.aborted ? `no answer within ${withinMs / 1000} s` : formatCause(thrown);
    return { kind: 'failed', reason };
  }
};

/** `fetch` takes no user and password in an address. */
function splitCredentials(url: string): { address: URL; headers: Record<string, string> } {
  const address = new URL(url);
  const { username, password } = address;
  if (username === '' && password === '') return { address, headers: {} };
  address.username = '';
  address.password = '';
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { address, headers: { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}

/** The first words of the answer, which often say why. The rest is not read. */
async function readStart(response: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length >= maxAnswerChars) break;
    }
  } catch {
    // The status has come, and it alone counts: words that break off are the words there are.
  }
  const line = text
    .slice(0, maxAnswerChars)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line === '' || line === 'ok' ? '' : ` (${line})`;
}

/** `Retry-After` in seconds, bounded; a date is not worth reading. */
function parseRetryAfterMs(text: string | null): number | undefined {
  const seconds = Number(text ?? Number.NaN);
  return seconds >= 0 ? Math.min(maxWaitMs, seconds * 1000) : undefined;
}
