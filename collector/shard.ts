// Which streams share a connection. Streams of one symbol stay together, so that a symbol has one
// connection to look at when something is missing. Where the streams change, what stays stays where it
// is, so that as few connections as possible have to be replaced.

import type { Stream } from '../exchanges/exchange.ts';

/**
 * Streams over as few connections as `maxStreams` per connection allows, evenly filled; or, where there
 * are shards before, over those: each keeps its place, and may come out empty.
 */
export function planShards(
  streams: readonly Stream[],
  maxStreams: number,
  before: readonly (readonly Stream[])[] = [],
): Stream[][] {
  if (before.length === 0) return planFirst(streams, maxStreams);
  const wanted = new Map(streams.map((stream) => [stream.name, stream]));
  const shards = before.map((shard) => shard.flatMap(({ name }) => wanted.get(name) ?? []));
  for (const { name } of shards.flat()) wanted.delete(name);
  for (const group of groupStreams([...wanted.values()], maxStreams)) {
    const found = findShard(shards, group, maxStreams);
    if (found === undefined) shards.push(group);
    else found.push(...group);
  }
  return shards;
}

function planFirst(streams: readonly Stream[], maxStreams: number): Stream[][] {
  const connections = Math.ceil(streams.length / maxStreams);
  const target = Math.ceil(streams.length / connections);
  const shards: Stream[][] = [];
  for (const group of groupStreams(streams, maxStreams)) {
    const last = shards.at(-1);
    const fits = last !== undefined && last.length + group.length <= maxStreams;
    if (fits && last.length < target) last.push(...group);
    else shards.push(group);
  }
  return shards;
}

/** The shard of the group's symbol where it has room, else the least filled one that has. */
function findShard(
  shards: Stream[][],
  group: readonly Stream[],
  maxStreams: number,
): Stream[] | undefined {
  const { symbol } = group[0]!;
  const free = shards.filter((shard) => shard.length + group.length <= maxStreams);
  const own = free.find((shard) => shard.some((stream) => stream.symbol === symbol));
  return own ?? free.toSorted((a, b) => a.length - b.length)[0];
}

/** By symbol; one with more streams than a connection may carry needs several groups. */
function groupStreams(streams: readonly Stream[], maxStreams: number): Stream[][] {
  return [...Map.groupBy(streams, (stream) => stream.symbol).values()].flatMap((group) => {
    const pieces: Stream[][] = [];
    for (let start = 0; start < group.length; start += maxStreams) {
      pieces.push(group.slice(start, start + maxStreams));
    }
    return pieces;
  });
}
