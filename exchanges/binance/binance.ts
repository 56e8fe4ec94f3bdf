// Binance spot. Combined streams with microsecond times, subscribed by message.
// Source: github.com/binance/binance-spot-api-docs, web-socket-streams.md, 2026-06-09.

import type { Exchange } from '../exchange.ts';
import { archive } from './archive.ts';
import { parseControlFrame } from './control.ts';
import { rest } from './rest.ts';
import { createRouter } from './route.ts';
import { formatTimeUrl, parseTimeMs } from './server-time.ts';
import { channels, findStream, formatConnectUrl, isDataStream, planSubscribe } from './streams.ts';

export const binance: Exchange = {
  name: 'binance',
  // Market data alone is served by the last one, too.
  wsUrls: [
    'wss://stream.binance.com:9443',
    'wss://stream.binance.com:443',
    'wss://data-stream.binance.vision',
  ],
  restUrl: 'https://api.binance.com',
  channels,
  tradeChannel: 'trade',
  // Not promised, but so in practice: REST pages and the public archive count on it as well.
  hasContiguousTradeIds: true,
  limits: {
    streamsPerConnection: 1024,
    // The exchange disconnects above 5; pongs count too, so one is left for them.
    messagesPerSecond: 4,
    connects: { count: 280, windowMs: 5 * 60_000 },
    // Cut at 24 h.
    connectionLifetimeMs: 23 * 3_600_000 + 45 * 60_000,
    // Pings come every 20 s.
    idleTimeoutMs: 60_000,
  },
  findStream,
  formatConnectUrl,
  planSubscribe,
  createRouter,
  parseControlFrame,
  isDataStream,
  rest,
  archive,
  formatTimeUrl,
  parseTimeMs,
  sqlDir: import.meta.dirname,
};
