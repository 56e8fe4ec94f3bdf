// Work of a session that whoever asked can stop, and that shows how far it is when it takes long. One at a time.

import { formatProgress } from '../../lake/progress.ts';
import type { LakeSession } from './lake-session.ts';

/** The query was stopped as asked. */
export class QueryStopped extends Error {
  constructor() {
    super('query stopped');
    this.name = 'QueryStopped';
  }
}

/** Where the bar is drawn. */
export type ProgressStream = { isTTY?: boolean; write(text: string): unknown };

/** An interrupt that comes between two steps of a query is lost, so it is said until it is heard. */
const interruptEveryMs = 50;
const drawAfterMs = 1000;
const drawEveryMs = 200;
const kind = { verb: 'query', formatAmounts: () => '' };

/** Throws QueryStopped when `signal` is aborted before `work` is done. */
export async function runStoppable<T>(
  session: LakeSession,
  { signal, bar }: { signal: AbortSignal; bar: ProgressStream },
  work: () => Promise<T>,
): Promise<T> {
  if (signal.aborted) throw new QueryStopped();
  let interrupting: NodeJS.Timeout | undefined;
  const stop = () => {
    session.connection.interrupt();
    interrupting = setInterval(() => session.connection.interrupt(), interruptEveryMs);
  };
  signal.addEventListener('abort', stop, { once: true });
  const endProgress = showProgress(session, bar);
  try {
    return await work();
  } catch (thrown) {
    throw signal.aborted ? new QueryStopped() : thrown;
  } finally {
    endProgress();
    signal.removeEventListener('abort', stop);
    clearInterval(interrupting);
  }
}

function showProgress(session: LakeSession, bar: ProgressStream): () => void {
  if (bar.isTTY !== true) return () => {};
  const startedMs = performance.now();
  let isDrawn = false;
  const timer = setInterval(() => {
    const elapsedMs = performance.now() - startedMs;
    const { percentage } = session.connection.progress;
    if (elapsedMs < drawAfterMs || percentage <= 0) return;
    isDrawn = true;
    bar.write(`\r${formatProgress(percentage, 100, elapsedMs, kind)}\u001b[K`);
  }, drawEveryMs);
  return () => {
    clearInterval(timer);
    if (isDrawn) bar.write('\r\u001b[K');
  };
}
