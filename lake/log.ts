// The log: warnings and errors on the console, everything in `logs/qa/crypto-lake.log` (10 MB, five
// files, older ones gzipped). Levels: warn = unexpected, nothing lost; error = data lost or a person
// must act. Secrets are struck out of every message before any transport sees it.

import { mkdirSync } from 'node:fs';
import winston from 'winston';
import { logDir } from './layout.ts';

/** Where a part says what it does. Takes a message and plain fields. */
export type Log = {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
};

export type LogOptions = {
  root: string;
  service: string;
  /** Texts that must never appear. */
  secrets: readonly string[];
  /** Replaces the level of console and file, `LOG_LEVEL`. */
  level?: string | undefined;
};

const levels = ['error', 'warn', 'info', 'debug'];

/** Opens the log of one service. `close` resolves when everything is written. */
export function openLog(options: LogOptions): Log & { close(): Promise<void> } {
  const directory = logDir(options.root);
  mkdirSync(directory, { recursive: true });
  const level = levels.includes(options.level?.toLowerCase() ?? '')
    ? options.level!.toLowerCase()
    : undefined;
  const line = winston.format.printf((entry) => {
    const { timestamp, level: entryLevel, message, ...fields } = entry;
    const extra = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : '';
    const text = `${timestamp} ${entryLevel} ${options.service}: ${message}${extra}`;
    return redact(text, options.secrets);
  });
  const logger = winston.createLogger({
    format: winston.format.combine(winston.format.timestamp(), line),
    transports: [
      new winston.transports.Console({
        level: level ?? 'warn',
        stderrLevels: levels,
      }),
      new winston.transports.File({
        level: level ?? 'debug',
        dirname: directory,
        filename: 'crypto-lake.log',
        maxsize: 10_000_000,
        maxFiles: 5,
        tailable: true,
        zippedArchive: true,
      }),
    ],
  });
  return {
    debug: (message, fields) => void logger.debug(message, fields),
    info: (message, fields) => void logger.info(message, fields),
    warn: (message, fields) => void logger.warn(message, fields),
    error: (message, fields) => void logger.error(message, fields),
    close: () =>
      new Promise((done) => {
        logger.once('finish', () => done());
        logger.end();
      }),
  };
}

/** Replaces every secret in `text`, raw or JSON-escaped, by `***`. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    clean = clean.replaceAll(secret, '***').replaceAll(JSON.stringify(secret).slice(1, -1), '***');
  }
  return clean;
}

/** The texts to strike out: secrets in the configuration, and what the environment calls a secret. */
export function findSecrets(
  config: { alerting: { webhook_url: string }; web: { token: string } },
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const named = Object.entries(environment)
    .filter(([name]) => /(SECRET|TOKEN|PASSWORD|API_?KEY|ACCESS_KEY|WEBHOOK)/i.test(name))
    .map(([, value]) => value ?? '');
  const configured = [config.alerting.webhook_url, config.web.token];
  // Shorter texts would strike out ordinary words.
  return [...new Set([...named, ...configured])].filter((secret) => secret.length >= 6);
}

/** A log that keeps nothing, for parts that run without one. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
