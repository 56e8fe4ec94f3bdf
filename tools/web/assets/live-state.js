// Whether the chart is live, in a word and a colour. Behind is what has not been heard of for longer than it
// should have been: a bar of one second by its own end, others by the last word of them and their end. Holds no effects.

import { formatDuration } from './format.js';

const behindAfterMs = 5000;
const silentAfterMs = 15_000;

/**
 * `lastEndMs`: end of the newest bar that is loaded, if the newest is.
 * @param {{
 *   feedState: import('./live-feed.js').FeedState, isOnline: boolean, heardMs: number, nowMs: number,
 *   lastEndMs: number | undefined, isFollowing: boolean, width: number,
 * }} facts
 * @returns {{ state: 'good' | 'warn' | 'bad' | '', text: string }}
 */
export function judgeLive({ feedState, isOnline, heardMs, nowMs, lastEndMs, isFollowing, width }) {
  if (feedState === 'offline' || !isOnline) return { state: 'bad', text: 'Offline, reconnecting' };
  if (feedState === 'connecting') return { state: '', text: 'Connecting' };
  const silentMs = width === 1 ? behindAfterMs : silentAfterMs;
  const lastWordMs = width === 1 ? Math.max(lastEndMs ?? 0, heardMs) : heardMs;
  // A stream of a lake that stands still begins with bars of long ago: they were heard, and are no news.
  const newsMs = width === 1 ? (lastEndMs ?? heardMs) : Math.min(heardMs, lastEndMs ?? heardMs);
  const behindMs = nowMs - newsMs;
  if (lastWordMs === 0) return { state: 'warn', text: 'No live data' };
  if (behindMs > silentMs)
    return { state: 'warn', text: `Behind ${formatDuration(behindMs / 1000)}` };
  return isFollowing
    ? { state: 'good', text: 'Live' }
    : { state: 'good', text: 'Live · looking back' };
}
