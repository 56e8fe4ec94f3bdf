// One line of the log, as text: time, level, service, message, fields. Whoever writes it strikes
// secrets out of it. Holds no effects.

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** The level of that name, or undefined. `parseConfig` reports a `LOG_LEVEL` that names none. */
export function parseLogLevel(text: string | undefined): LogLevel | undefined {
  return logLevels.find((level) => level === text?.toLowerCase());
}

export type LogEntry = { timeMs: number; level: LogLevel; service: string; message: string };

/** `2026-11-20T01:02:03.456Z warn collect: message {"field":1}` */
export function formatLogLine(entry: LogEntry, fields: object): string {
  const { timeMs, level, service, message } = entry;
  const extra = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields, formatField)}` : '';
  return `${new Date(timeMs).toISOString()} ${level} ${service}: ${message}${extra}`;
}

/** What JSON has no word for: errors by their message, big integers by their digits. */
function formatField(_key: string, value: unknown): unknown {
  if (value instanceof Error) return value.message;
  return typeof value === 'bigint' ? value.toString() : value;
}
