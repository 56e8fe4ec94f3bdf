// Who asks the same at the same time gets the same answer, made once. It is stopped when nobody waits for it any more.

import type { Answer } from '../question.ts';
import { Refusal } from '../refusal.ts';

type Shared = { answer: Promise<Answer>; abort: AbortController; waiting: number };

export type SharedAnswers = (
  key: string,
  signal: AbortSignal,
  make: (signal: AbortSignal) => Promise<Answer>,
) => Promise<Answer>;

export function openSharedAnswers(): SharedAnswers {
  const running = new Map<string, Shared>();

  function start(key: string, make: (signal: AbortSignal) => Promise<Answer>): Shared {
    const abort = new AbortController();
    const shared: Shared = { answer: make(abort.signal), abort, waiting: 0 };
    running.set(key, shared);
    const end = () => {
      if (running.get(key) === shared) running.delete(key);
    };
    shared.answer.then(end, end);
    return shared;
  }

  return async (key, signal, make) => {
    const shared = running.get(key) ?? start(key, make);
    const stopped = Promise.withResolvers<never>();
    const leave = () =>
      stopped.reject(new Refusal(503, 'stopped: it took too long, or the client has gone'));
    signal.addEventListener('abort', leave);
    shared.waiting += 1;
    try {
      return await Promise.race([shared.answer, stopped.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      shared.waiting -= 1;
      if (shared.waiting === 0 && signal.aborted) {
        running.delete(key);
        shared.abort.abort();
      }
    }
  };
}
