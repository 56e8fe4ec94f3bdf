// Which streams share a connection. Streams of one symbol stay together, so that a symbol has one
// connection to look at when something is missing.

import type { Stream } from '../exchanges/exchange.ts';

/** Streams over as few connections as `maxStreams` per connection allows, evenly filled. */
export function planShards(streams: readonly Stream[], maxStreams: number): Stream[][] {
  const groups = [...Map.groupBy(streams, (stream) => stream.symbol).values()];
  const connections = Math.ceil(streams.length / maxStreams);
  const target = Math.ceil(streams.length / connections);
  const shards: Stream[][] = [];
  for (const group of groups.flatMap((all) => splitGroup(all, maxStreams))) {
    const last = shards.at(-1);
    const fits = last !== undefined && last.length + group.length <= maxStreams;
    if (fits && last.length < target) last.push(...group);
    else shards.push(group);
  }
  return shards;
}

/** A symbol with more streams than a connection may carry needs several. */
function splitGroup(group: Stream[], maxStreams: number): Stream[][] {
  const pieces: Stream[][] = [];
  for (let start = 0; start < group.length; start += maxStreams) {
    pieces.push(group.slice(start, start + maxStreams));
  }
  return pieces;
}
