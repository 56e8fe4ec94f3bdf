// How long a store may take. Whatever is sent or read ends: an answer has its bound, and content has so much more
// as the slowest line that is worth waiting for needs.

export type TimeLimits = {
  /** For an answer, in milliseconds. */
  answerMs: number;
  /** For content: the slowest line. */
  minBytesPerSecond: number;
};

export const timeLimits: TimeLimits = { answerMs: 60_000, minBytesPerSecond: 50_000 };

/** How long a request with so many bytes of content may take, in milliseconds. */
export function planAnswerMs({ answerMs, minBytesPerSecond }: TimeLimits, bytes: number): number {
  return Math.round(answerMs + (bytes / minBytesPerSecond) * 1000);
}

export class NoAnswerError extends Error {
  constructor(withinMs: number) {
    super(`no answer within ${withinMs / 1000} s`);
    this.name = 'NoAnswerError';
  }
}

/** What `work` gives, which ends once its signal is aborted: with `signal`, or when the time is up. */
export async function within<T>(
  withinMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new NoAnswerError(withinMs)), withinMs);
  const stopToo = () => stop.abort(signal.reason);
  signal.addEventListener('abort', stopToo, { once: true });
  try {
    return await work(stop.signal);
  } catch (thrown) {
    stop.signal.throwIfAborted();
    throw thrown;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stopToo);
  }
}

/** What `work` gives, which knows no signals: it is left to itself once `signal` is aborted. */
export async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
