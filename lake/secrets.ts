// The texts that must never leave this process, kept in one place for all that writes what others read: log,
// console, status files, heartbeat. Told by main at the start, and again when the configuration changes.

import { redact } from './redact.ts';

let kept: readonly string[] = [];

/** From now on these are struck out, too. */
export function keepSecrets(secrets: readonly string[]): void {
  // Longest first: a secret that holds another one must go as a whole.
  kept = [...new Set([...kept, ...secrets])].sort((a, b) => b.length - a.length);
}

/** The text without anything that is secret. */
export function strikeSecrets(text: string): string {
  return redact(text, kept);
}

/** The same value, without anything secret in any of its texts. */
export function strikeAll<T>(value: T): T {
  const text = JSON.stringify(value);
  return strikeSecrets(text) === text ? value : (strikeValue(value) as T);
}

function strikeValue(value: unknown): unknown {
  if (typeof value === 'string') return strikeSecrets(value);
  if (Array.isArray(value)) return value.map(strikeValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, strikeValue(one)]));
}
