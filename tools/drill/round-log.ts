// The log of a round's processes, in memory: written down only where the round fails. A crash in it is
// kept apart, for no fault of the drill excuses one.

import type { ProcessLog } from '../../lake/log.ts';
import { formatLogLine, type LogLevel } from '../../lake/log-line.ts';

export type RoundLog = ProcessLog & {
  lines: readonly string[];
  /** Lines that tell of an error nobody caught. */
  crashes: readonly string[];
};

const maxLines = 50_000;

export function openRoundLog(): RoundLog {
  const lines: string[] = [];
  const crashes: string[] = [];
  const relay = (_level: LogLevel, line: string) => {
    if (lines.length < maxLines) lines.push(line);
    if (/ error \S+: crash: /.test(line)) crashes.push(line);
  };
  const write =
    (level: LogLevel) =>
    (message: string, fields: object = {}) =>
      relay(level, formatLogLine({ timeMs: Date.now(), level, service: 'drill', message }, fields));
  return {
    lines,
    crashes,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    relay,
    close: async () => {},
  };
}
