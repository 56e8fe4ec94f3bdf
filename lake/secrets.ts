// The texts that must never leave this process, kept in one place for all that writes what others read: log,
// console, status files, heartbeat. Told once by main, and again when the configuration changes.

import { redact } from './log-line.ts';

const kept = new Set<string>();

/** From now on these are struck out. */
export function keepSecrets(secrets: readonly string[]): void {
  for (const secret of secrets) kept.add(secret);
}

/** The text without anything that is secret. */
export function strikeSecrets(text: string): string {
  return redact(text, listSecrets());
}

/** Longest first: a secret that holds another one must go as a whole. */
export function listSecrets(): string[] {
  return [...kept].sort((a, b) => b.length - a.length);
}

/** The same value, without anything secret in any of its texts. */
export function strikeAll<T>(value: T): T {
  return strikeValue(value) as T;
}

function strikeValue(value: unknown): unknown {
  if (typeof value === 'string') return strikeSecrets(value);
  if (Array.isArray(value)) return value.map(strikeValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, strikeValue(one)]));
}
