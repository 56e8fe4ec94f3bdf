// The log between processes. One process writes the log file: the children of an orchestrator send
// it their lines as IPC messages, already formatted and without secrets, and it writes them.

import type { ChildProcess } from 'node:child_process';
import type { LogFailure, LogSink } from './log-file.ts';
import { type LogLevel, logLevels } from './log-line.ts';

/** Set to `1` for a child whose parent takes log lines. A parent that merely has IPC does not. */
export const relayVariable = 'LOG_TO_PARENT';

const maxPendingLines = 10_000;
/** A parent that does not read must not hold up the end of its child for longer. */
const closeWithinMs = 2000;

type LogMessage = { log: { level: LogLevel; line: string } };
type Send = (message: LogMessage, sent: (error: Error | null) => void) => void;

/** Sends lines to the parent process. Those it cannot take go to `onFailure`. */
export function openParentSink(send: Send, onFailure: LogFailure): LogSink {
  const pending = new Set<{ line: string }>();
  let onEmpty = () => {};

  return {
    write(level, line) {
      if (pending.size >= maxPendingLines) return onFailure([line], 'the parent does not read');
      const entry = { line };
      pending.add(entry);
      send({ log: { level, line } }, (error) => {
        pending.delete(entry);
        if (error !== null) onFailure([line], error);
        if (pending.size === 0) onEmpty();
      });
    },
    leave() {
      if (pending.size === 0) return;
      const lines = [...pending].map(({ line }) => line);
      pending.clear();
      onFailure(lines, 'not confirmed before the end');
    },
    close() {
      if (pending.size === 0) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, closeWithinMs);
        onEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
  };
}

/** Whether this process is a child whose parent takes its log lines. */
export function hasLogParent(): boolean {
  return process.env[relayVariable] === '1' && process.send !== undefined;
}

/** Hands every log line that `child` sends to `write`. */
export function receiveLog(
  child: Pick<ChildProcess, 'on'>,
  write: (level: LogLevel, line: string) => void,
): void {
  child.on('message', (message: unknown) => {
    const log = (message as Partial<LogMessage> | null)?.log;
    if (typeof log?.line === 'string' && logLevels.includes(log.level)) write(log.level, log.line);
  });
}
