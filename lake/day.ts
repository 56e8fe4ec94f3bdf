// UTC days, by which every folder and every partition of the lake is named, and seconds as manifests and
// reports write them. Nothing here knows local time.

/** `YYYY-MM-DD`, UTC. */
export type Day = string;

export const usPerSecond = 1_000_000;
export const usPerDay = 86_400 * usPerSecond;

/** The UTC day that holds `timeUs`, microseconds since the epoch. */
export function formatDay(timeUs: number): Day {
  return new Date(Math.floor(timeUs / 1000)).toISOString().slice(0, 10);
}

/** Microseconds since the epoch at which `day` begins. */
export function startOfDayUs(day: Day): number {
  return Date.parse(`${day}T00:00:00Z`) * 1000;
}

/** The day after (`days` = 1) or before (`days` = -1), or further off. */
export function addDays(day: Day, days: number): Day {
  return formatDay(startOfDayUs(day) + days * usPerDay);
}

/** Whether `text` is an existing UTC day, written `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && formatDay(ms * 1000) === text;
}

/** `2026-03-01T10:00:05Z`; `second` counts from the epoch. */
export function formatSecond(second: number): string {
  return new Date(second * 1000).toISOString().replace('.000Z', 'Z');
}
