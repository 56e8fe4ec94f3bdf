// Times along the chart's axis and at its crosshair, in the zone in force.

import { formatZone, splitTime } from './format.js';
import { currentZone } from './preferences.js';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The label of the crosshair. @param {any} seconds since the epoch */
export function formatMoment(seconds) {
  const ms = Number(seconds) * 1000;
  const { day, time } = splitTime(ms, currentZone());
  return `${day} ${time} ${formatZone(ms, currentZone())}`;
}

/**
 * A mark of the axis. Days begin where they do in the zone: a mark of UTC's midnight is a time in others.
 * @param {any} seconds since the epoch
 * @param {number} kind 0 year, 1 month, 2 day, 3 minutes, 4 seconds
 */
export function formatMark(seconds, kind) {
  const { day, time } = splitTime(Number(seconds) * 1000, currentZone());
  const [year = '', month = '', date = ''] = day.split('-');
  const isMidnight = time === '00:00:00';
  if (kind >= 3 && !isMidnight) return kind === 4 ? time : time.slice(0, 5);
  if (kind === 2 && !isMidnight) return time.slice(0, 5);
  if (isMidnight && kind === 0) return year;
  const name = months[Number(month) - 1] ?? '';
  return isMidnight && kind === 1 ? name : `${Number(date)} ${name}`;
}
