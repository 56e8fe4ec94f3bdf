// What a feed is to listen to, and where. Decides only.

import type { Stream } from '../exchanges/exchange.ts';
import type { StreamTarget } from './receive.ts';

export type FeedPlan = {
  /** Endpoints that serve the same streams, the preferred one first. */
  wsUrls: readonly string[];
  /** Which part of the exchange's streams these are. */
  shard: number;
  streams: readonly Stream[];
  /** Where the frames of each stream go. */
  targets: readonly StreamTarget[];
};

/** Whether a connection made by one plan is as good for the other. */
export function isSamePlan(before: FeedPlan, after: FeedPlan): boolean {
  const list = ({ wsUrls, streams }: FeedPlan) => [...wsUrls, ...streams.map(({ name }) => name)];
  return JSON.stringify(list(before)) === JSON.stringify(list(after));
}
