// How numbers and times are written: prices with the symbol's decimals, times in UTC or local time, ages
// and sizes in words. Holds no effects.

/** @typedef {import('./preferences.js').Zone} Zone */

const none = '–';

/** @param {number | null | undefined} value @param {number} decimals */
export function formatNumber(value, decimals) {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  return value.toLocaleString('en-US', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
}

/** Four significant digits and a unit: 12.34K. @param {number | null | undefined} value */
export function formatAmount(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return none;
  const size = Math.abs(value);
  for (const [from, unit] of /** @type {const} */ ([
    [1e9, 'B'],
    [1e6, 'M'],
    [1e4, 'K'],
  ])) {
    if (size >= from)
      return `${Number((value / (unit === 'K' ? 1e3 : from)).toPrecision(4))}${unit}`;
  }
  return `${Number(value.toPrecision(size >= 1 ? 5 : 3))}`;
}

/** @param {number} bytes */
export function formatBytes(bytes) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${units[power]}`;
}

/** @param {number | null | undefined} seconds */
export function formatDuration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return none;
  const size = Math.abs(seconds);
  if (size < 10) return `${Number(seconds.toFixed(1))} s`;
  if (size < 120) return `${Math.round(seconds)} s`;
  if (size < 7200) return `${Math.round(seconds / 60)} min`;
  if (size < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

const pad = (/** @type {number} */ value) => String(value).padStart(2, '0');

/**
 * The parts of a time in a zone, as numbers.
 * @param {number} ms
 * @param {Zone} zone
 */
export function splitTime(ms, zone) {
  const at = new Date(ms);
  return zone === 'utc'
    ? {
        day: `${at.getUTCFullYear()}-${pad(at.getUTCMonth() + 1)}-${pad(at.getUTCDate())}`,
        time: `${pad(at.getUTCHours())}:${pad(at.getUTCMinutes())}:${pad(at.getUTCSeconds())}`,
      }
    : {
        day: `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`,
        time: `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`,
      };
}

/** `UTC`, or how far local time is from it at that moment. @param {number} ms @param {Zone} zone */
export function formatZone(ms, zone) {
  if (zone === 'utc') return 'UTC';
  const minutes = -new Date(ms).getTimezoneOffset();
  const size = Math.abs(minutes);
  const sign = minutes < 0 ? '−' : '+';
  return `UTC${sign}${Math.floor(size / 60)}${size % 60 === 0 ? '' : `:${pad(size % 60)}`}`;
}

/** `2026-11-21 10:00:00 UTC`. @param {number} ms @param {Zone} zone */
export function formatTime(ms, zone) {
  if (!Number.isFinite(ms)) return none;
  const { day, time } = splitTime(ms, zone);
  return `${day} ${time} ${formatZone(ms, zone)}`;
}

/** `3 min ago`, `in 2 h`. @param {number} ms @param {number} nowMs */
export function formatAge(ms, nowMs) {
  if (!Number.isFinite(ms)) return none;
  const seconds = Math.round((nowMs - ms) / 1000);
  if (Math.abs(seconds) < 2) return 'now';
  return seconds > 0 ? `${formatDuration(seconds)} ago` : `in ${formatDuration(-seconds)}`;
}
