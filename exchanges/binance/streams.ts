// Binance stream names and the messages that subscribe them. Names are lowercase symbol, @, channel;
// a wrong name is acknowledged and then silent, so the case is settled here and nowhere else.

import type { Stream, SubscribeRequest } from '../exchange.ts';

export const channels = ['trade', 'bookTicker'] as const;

/** A 437-name SUBSCRIBE once failed silently (ccxws #161); 200 are known to be accepted. */
const namesPerSubscribe = 200;

export function findStream(symbol: string, channel: string): Stream {
  return { name: `${symbol.toLowerCase()}@${channel}`, symbol, channel };
}

/** Told by the ending of the name, as frames.sql tells it. */
export function isDataStream(name: string): boolean {
  return channels.some((channel) => name.endsWith(`@${channel}`));
}

/** Combined mode, times in microseconds for every stream of the connection. */
export function formatConnectUrl(wsUrl: string): string {
  return `${wsUrl.replace(/\/+$/, '')}/stream?timeUnit=MICROSECOND`;
}

export function planSubscribe(streams: readonly Stream[], firstId: number): SubscribeRequest[] {
  const requests: SubscribeRequest[] = [];
  for (let start = 0; start < streams.length; start += namesPerSubscribe) {
    const batch = streams.slice(start, start + namesPerSubscribe);
    const id = firstId + requests.length;
    const params = batch.map((stream) => stream.name);
    requests.push({
      id,
      text: JSON.stringify({ method: 'SUBSCRIBE', params, id }),
      streams: batch,
    });
  }
  return requests;
}
