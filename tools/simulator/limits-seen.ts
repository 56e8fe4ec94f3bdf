// How close the clients have come to the limits, and how often they went beyond, so that a test can
// prove that no limit was exceeded. Counted since the exchange opened.

export type LimitsSeen = {
  /** Most REST weight of one address in one clock minute, with what was refused. */
  weightPerMinute: number;
  /** REST requests answered with 429. */
  limited: number;
  /** REST requests and connection attempts answered with 418. */
  banned: number;
  /** Connection attempts, refused ones too. */
  connects: number;
  /** Most connection attempts of one address within the window. */
  connectsPerWindow: number;
  /** Connection attempts that were one too many. */
  refusedConnects: number;
  /** Most messages of one connection within a second. */
  messagesPerSecond: number;
  streamsPerConnection: number;
  /** Connections closed for too many messages or streams, or for what they left unread. */
  closedForLimits: number;
};

export function createLimitsSeen(): LimitsSeen {
  return {
    weightPerMinute: 0,
    limited: 0,
    banned: 0,
    connects: 0,
    connectsPerWindow: 0,
    refusedConnects: 0,
    messagesPerSecond: 0,
    streamsPerConnection: 0,
    closedForLimits: 0,
  };
}

/** Takes over a value that is higher than what was seen before. */
export function noteHighest(seen: LimitsSeen, name: keyof LimitsSeen, value: number): void {
  seen[name] = Math.max(seen[name], value);
}
