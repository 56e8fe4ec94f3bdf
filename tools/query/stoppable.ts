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

export type Progress = {
  /** Takes the bar away, before something else is written to the same screen; it may come again. */
  clear(): void;
  /** Takes it away for good. */
  end(): void;
};

/** Throws QueryStopped when `signal` is aborted before `work` is done. */
export async function runStoppable<T>(
  session: LakeSession,
  { signal, bar }: { signal: AbortSignal; bar: ProgressStream },
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  if (signal.aborted) throw new QueryStopped();
  let interrupting: NodeJS.Timeout | undefined;
  const stop = () => {
    session.connection.interrupt();
    interrupting = setInterval(() => session.connection.interrupt(), interruptEveryMs);
  };
  signal.addEventListener('abort', stop, { once: true });
  const progress = showProgress(session, bar);
  try {
    return await work(progress);
  } catch (thrown) {
    throw signal.aborted ? new QueryStopped() : thrown;
  } finally {
    progress.end();
    signal.removeEventListener('abort', stop);
    clearInterval(interrupting);
  }
}

function showProgress(session: LakeSession, bar: ProgressStream): Progress {
  if (bar.isTTY !== true) return { clear() {}, end() {} };
  const startedMs = performance.now();
  let isDrawn = false;
  const timer = setInterval(() => {
    const elapsedMs = performance.now() - startedMs;
    const { percentage } = session.connection.progress;
    if (elapsedMs < drawAfterMs || percentage <= 0) return;
    isDrawn = true;
    bar.write(`\r${formatProgress(percentage, 100, elapsedMs, kind)}\u001b[K`);
  }, drawEveryMs);
  const clear = () => {
    if (isDrawn) bar.write('\r\u001b[K');
    isDrawn = false;
  };
  return {
    clear,
    end() {
      clearInterval(timer);
      clear();
    },
  };
}
