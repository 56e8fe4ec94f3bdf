// One line of the log, as text: time, level, service, message, fields. Secrets are struck out here,
// before any console, file or other process sees the line. Holds no effects.

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** The level of that name, or undefined. `parseConfig` reports a `LOG_LEVEL` that names none. */
export function parseLogLevel(text: string | undefined): LogLevel | undefined {
  return logLevels.find((level) => level === text?.toLowerCase());
}

export type LogEntry = { timeMs: number; level: LogLevel; service: string; message: string };

/** `2026-11-20T01:02:03.456Z warn collect: message {"field":1}`, without the texts of `secrets`. */
export function formatLogLine(entry: LogEntry, fields: object, secrets: readonly string[]): string {
  const { timeMs, level, service, message } = entry;
  const extra = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields, formatField)}` : '';
  const text = `${new Date(timeMs).toISOString()} ${level} ${service}: ${message}${extra}`;
  return redact(text, secrets);
}

/** What JSON has no word for: errors by their message, big integers by their digits. */
function formatField(_key: string, value: unknown): unknown {
  if (value instanceof Error) return value.message;
  return typeof value === 'bigint' ? value.toString() : value;
}

/**
 * Replaces every secret in `text`, raw, JSON-escaped or percent-encoded, and every `user:password@`
 * of a URL by `***`.
 */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text.replace(/\/\/[^\s/@:"]+:[^\s/@"]+@/g, '//***@');
  for (const secret of secrets) {
    const escaped = JSON.stringify(secret).slice(1, -1);
    for (const form of [secret, escaped, encodeURIComponent(secret)]) {
      clean = clean.replaceAll(form, '***');
    }
  }
  return clean;
}

/** The texts to strike out: secrets in the configuration, and what the environment calls a secret. */
export function findSecrets(
  config: { alerting: { webhook_url: string }; web: { token: string } },
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const named = Object.entries(environment)
    .filter(([name]) => secretName.test(name))
    .map(([, value]) => value ?? '');
  const webhook = config.alerting.webhook_url;
  // Failed requests are often reported by their path alone, which is the secret half of the URL.
  const path = URL.parse(webhook)?.pathname ?? '';
  // Shorter texts would strike out ordinary words.
  const found = [...named, webhook, path, config.web.token].filter((secret) => secret.length >= 6);
  // Longest first: a secret that holds another one must go as a whole.
  return [...new Set(found)].sort((a, b) => b.length - a.length);
}

const secretName = /SECRET|TOKEN|PASSW|PASSPHRASE|API_?KEY|ACCESS_KEY|PRIVATE_KEY|WEBHOOK/i;
