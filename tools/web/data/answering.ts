// The side of a process that answers the server's questions: takes messages, hands each question to `answer`,
// sends back what it gives. Ends when the server does. A question that fails is the answer to that one alone.

import { once } from 'node:events';
import { OperationalError } from '../../../lake/errors.ts';
import type { Log } from '../../../lake/log.ts';
import type { Answer, Asked, Replied } from '../question.ts';
import { Refusal } from '../refusal.ts';

export type AnswerQuestion<Question> = (question: Question, signal: AbortSignal) => Promise<Answer>;

/** Until `stopped` is aborted. */
export async function answerQuestions<Question>(
  answer: AnswerQuestion<Question>,
  log: Log,
  stopped: AbortSignal,
): Promise<void> {
  const running = new Map<number, AbortController>();
  const send = (message: Replied) => void (process.connected && process.send?.(message, () => {}));
  const take = (asked: Asked<Question>) => {
    if ('cancel' in asked) return running.get(asked.cancel)?.abort();
    if (!('question' in asked)) return;
    const { id, question } = asked;
    const abort = new AbortController();
    running.set(id, abort);
    answer(question, abort.signal)
      .then(
        (given) => send({ id, answer: given }),
        (thrown) => send({ id, refusal: explain(thrown, log) }),
      )
      .finally(() => running.delete(id));
  };
  process.on('message', take);
  send({ isReady: true });
  if (!stopped.aborted) await once(stopped, 'abort');
  process.off('message', take);
  for (const abort of running.values()) abort.abort();
}

function explain(thrown: unknown, log: Log) {
  if (thrown instanceof Refusal) {
    const { status, message: text, retryAfterSeconds } = thrown;
    return { status, text, retryAfterSeconds };
  }
  if (thrown instanceof OperationalError) {
    log.warn(thrown.message);
    return { status: 503, text: thrown.message, retryAfterSeconds: 5 };
  }
  log.error(`answer question: ${thrown instanceof Error ? thrown.stack : thrown}`);
  return { status: 500, text: 'internal error: see logs/qa/crypto-lake.log of the lake' };
}
