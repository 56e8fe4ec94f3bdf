// Whether the chart is live, in a word and a colour: by how long before now the newest moment lies that is known,
// whenever the page was opened. Holds no effects.

import { formatDuration } from './format.js';

/** @typedef {import('./bar.js').Bar} Bar */

const behindAfterMs = 5000;
const silentAfterMs = 15_000;

/**
 * Up to which moment a bar says what happened: one that grows holds as many seconds as were observed.
 * @param {Bar} bar
 * @param {number} width seconds
 */
export function findReachMs({ time, seconds, isFinal }, width) {
  return (time + (isFinal ? width : Math.min(width, seconds))) * 1000;
}

/**
 * `reachMs`: up to where the newest is known; 0: nothing is.
 * @param {{
 *   feedState: import('./live-feed.js').FeedState, isOnline: boolean, reachMs: number, nowMs: number,
 *   isFollowing: boolean, width: number,
 * }} facts
 * @returns {{ state: 'good' | 'warn' | 'bad' | '', text: string }}
 */
export function judgeLive({ feedState, isOnline, reachMs, nowMs, isFollowing, width }) {
  if (feedState === 'offline' || !isOnline) return { state: 'bad', text: 'Offline, reconnecting' };
  if (feedState === 'connecting') return { state: '', text: 'Connecting' };
  if (reachMs === 0) return { state: 'warn', text: 'No live data' };
  const behindMs = nowMs - reachMs;
  if (behindMs > (width === 1 ? behindAfterMs : silentAfterMs))
    return { state: 'warn', text: `Behind ${formatDuration(behindMs / 1000)}` };
  return isFollowing
    ? { state: 'good', text: 'Live' }
    : { state: 'good', text: 'Live · looking back' };
}
