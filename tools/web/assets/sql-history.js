// What was asked before, newest first, kept by the browser and nowhere else.

import { keepPreference, readPreference } from './preferences.js';

const maxKept = 30;
const maxLength = 10_000;

/** @returns {string[]} */
export function readHistory() {
  try {
    const kept = JSON.parse(readPreference('sql') ?? '[]');
    return Array.isArray(kept)
      ? kept.filter((one) => typeof one === 'string').slice(0, maxKept)
      : [];
  } catch {
    return []; // Written by something else: begun anew with the next question.
  }
}

/** @param {string} sql */
export function keepInHistory(sql) {
  if (sql.length > maxLength) return;
  const others = readHistory().filter((one) => one !== sql);
  keepPreference('sql', JSON.stringify([sql, ...others].slice(0, maxKept)));
}
