// What a venue has to say for its frames to be collected, understood and turned into bars. A venue is
// one folder that exports one `Exchange`; nothing outside `exchanges/` names a venue.

import type { VenueArchive, VenueRest } from './rest.ts';

/** A stream the collector subscribes: one channel of one symbol. */
export type Stream = {
  /** As the exchange names it, `btcusdt@trade`. */
  name: string;
  /** As the lake names it, `BTCUSDT`. */
  symbol: string;
  channel: string;
};

/**
 * What a scan of a frame's first bytes found. One object is reused for every frame, so that the
 * receive path allocates nothing.
 */
export type RoutedFrame = {
  /** Index into the streams the router was made for; -1 for anything that is not their data. */
  stream: number;
  /** Exchange event time, µs since the epoch; 0 where the frame carries none. */
  eventUs: number;
  /** Trade id; -1 where the frame is no trade. */
  tradeId: number;
};

/**
 * Finds the stream, event time and trade id of a frame without parsing it. A frame it does not
 * recognise gets `stream: -1` and goes the slow way, through `parseControlFrame`.
 */
export type FrameRouter = (frame: Buffer, found: RoutedFrame) => void;

/** A frame the router did not recognise, parsed. */
export type ControlFrame =
  | { kind: 'ack'; id: number }
  | { kind: 'error'; id: number | undefined; reason: string }
  /** The exchange will close the connection soon. */
  | { kind: 'shutdown' }
  /** Market data in a shape the router does not know, of the stream so named; numbers as in `RoutedFrame`. */
  | { kind: 'data'; stream: string; eventUs: number; tradeId: number }
  /** Well-formed, but none of the above. */
  | { kind: 'other' }
  /** Not JSON. */
  | { kind: 'unreadable' };

export type SubscribeRequest = { id: number; text: string; streams: readonly Stream[] };

/** Limits the exchange enforces, with the margin we keep. */
export type ExchangeLimits = {
  streamsPerConnection: number;
  /** Text messages we send per second and connection. */
  messagesPerSecond: number;
  /** Connection attempts per window and address. */
  connects: { count: number; windowMs: number };
  /** Age at which we replace a connection, before the exchange cuts it. */
  connectionLifetimeMs: number;
  /** Without any frame or ping from the exchange for so long, the connection is dead. */
  idleTimeoutMs: number;
};

export type Exchange = {
  name: string;
  /** Endpoints that serve the same streams, the preferred one first. */
  wsUrls: readonly string[];
  restUrl: string;
  channels: readonly string[];
  /** The channel whose frames are trades. */
  tradeChannel: string;
  /** Whether a symbol's trade ids count up by one: then an id left out is a trade missed. */
  hasContiguousTradeIds: boolean;
  limits: ExchangeLimits;
  findStream(symbol: string, channel: string): Stream;
  /** URL to connect to; subscriptions follow as messages. */
  formatConnectUrl(wsUrl: string): string;
  /** The SUBSCRIBE messages for streams, ids counting from `firstId`. */
  planSubscribe(streams: readonly Stream[], firstId: number): SubscribeRequest[];
  createRouter(streams: readonly Stream[]): FrameRouter;
  parseControlFrame(frame: Buffer): ControlFrame;
  /** Whether the SQL reads frames of a stream so named as trades or quotes, whatever their symbol. */
  isDataStream(name: string): boolean;
  rest: VenueRest;
  archive: VenueArchive;
  /** Where the exchange tells its time. */
  formatTimeUrl(restUrl: string): string;
  /** The time in that answer, ms since the epoch. Throws where there is none in it. */
  parseTimeMs(answer: unknown): number;
  /** Folder with the SQL by which raw lines of this venue read as trades and quotes. */
  sqlDir: string;
};
