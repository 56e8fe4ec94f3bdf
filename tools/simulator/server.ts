// The embedded exchange: WebSocket streams, REST and archive alike on each of its ports. Owns what the
// ports share, the connections, and the tick that publishes, writes and keeps alive.

import { type Clock, openSystemClock } from '../../lake/clock.ts';
import type { QuietPast } from './activity.ts';
import { Archive, type ArchiveOptions } from './archive.ts';
import { Broadcast } from './broadcast.ts';
import type { ConnectionInfo } from './connection.ts';
import { type Endpoint, openEndpoint } from './endpoint.ts';
import { createFaultState, createFaults, type Faults } from './faults.ts';
import { FrameFaults } from './frame-faults.ts';
import { majorSymbols } from './instrument.ts';
import { ConnectCounts, defaultLimits, type Limits } from './limits.ts';
import { createLimitsSeen, type LimitsSeen } from './limits-seen.ts';
import { createMarket } from './market.ts';
import { createMarketSource, type MarketSourceOptions } from './market-source.ts';
import { openReplay, type Replay, type ReplayOptions } from './replay.ts';
import { createTruth, type Truth } from './truth.ts';
import { Weights } from './weights.ts';

export type SimulatorOptions = MarketSourceOptions & {
  /** 0, the default, takes any free port. */
  port?: number;
  /** How many ports serve the same; those after the first are any that are free. Default 1. */
  endpoints?: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** The same seed gives the same market. Default 1. */
  seed?: number;
  /** Default: 13 majors. */
  symbols?: readonly string[];
  /** Multiplies the market's activity. Default 1. */
  rate?: number;
  /** Until when the market was quieter, and how much. Default: never. */
  quietPast?: QuietPast | undefined;
  /** Serves recordings in place of the market. */
  replay?: ReplayOptions;
  clock?: Clock;
  /** How often what is due is published; 0 leaves that to calls of `tick`. Default 10. */
  tickMs?: number;
  limits?: Partial<Limits>;
  /** How far back REST answers trades, ms; default: all of them. Klines and archive go further. */
  restHistoryMs?: number;
  /** Paths REST does not serve, as `/api/v3/historicalTrades` on a host for market data alone. */
  absentPaths?: readonly string[];
  /** When the public archive has a day's files, and what is wrong with them. */
  archive?: ArchiveOptions;
  /** Keep a SHA-256 of what each connection was sent. */
  hashFrames?: boolean;
};

export type Simulator = {
  port: number;
  /** Base URLs, as a client is configured with. */
  wsUrl: string;
  /** One per endpoint, the first of them `wsUrl`. */
  wsUrls: readonly string[];
  restUrl: string;
  archiveUrl: string;
  /** The recordings being served, where there are any. */
  replay: Replay | undefined;
  faults: Faults;
  truth: Truth;
  /** The exchange's time, microseconds since the epoch. */
  nowUs(): number;
  /** Publishes what is due, writes it, and keeps connections alive or ends them. */
  tick(): void;
  connections(): ConnectionInfo[];
  /** How close clients have come to the limits. */
  limitsSeen(): LimitsSeen;
  close(): Promise<void>;
};

export async function openSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { tickMs = 10, host = '127.0.0.1', port: firstPort = 0, endpoints: count = 1 } = options;
  const clock = options.clock ?? openSystemClock();
  const { replay, ...exchange } = await openExchange(options, count, clock);
  const { source, broadcast, faults, limitsSeen } = exchange;

  function tick(): void {
    source.advance();
    broadcast.flush();
    for (const connection of broadcast.connections) connection.keepAlive();
  }

  const endpoints: Endpoint[] = [];
  for (let endpoint = 0; endpoint < count; endpoint++) {
    const port = endpoint === 0 ? firstPort : 0;
    endpoints.push(await openEndpoint({ ...exchange, host, endpoint, port }));
  }
  const timer = tickMs > 0 ? setInterval(tick, tickMs) : undefined;
  const { port } = endpoints[0]!;
  return {
    port,
    wsUrl: `ws://${host}:${port}`,
    wsUrls: endpoints.map((endpoint) => `ws://${host}:${endpoint.port}`),
    restUrl: `http://${host}:${port}`,
    archiveUrl: `http://${host}:${port}`,
    replay,
    faults,
    truth: createTruth(source),
    nowUs: source.nowUs,
    tick,
    connections: () => broadcast.describeConnections(),
    limitsSeen: () => ({ ...limitsSeen }),
    async close() {
      clearInterval(timer);
      replay?.stop();
      for (const connection of broadcast.connections) connection.destroy();
      await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    },
  };
}

/** What all endpoints share. */
async function openExchange(options: SimulatorOptions, endpoints: number, clock: Clock) {
  const { seed = 1, symbols = majorSymbols, rate = 1, hashFrames = false } = options;
  const { quietPast, restHistoryMs, absentPaths } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const limitsSeen = createLimitsSeen();
  const frameFaults = new FrameFaults();
  const broadcast = new Broadcast(frameFaults);
  const weights = new Weights(limits, limitsSeen);
  const state = createFaultState();
  const replay =
    options.replay === undefined ? undefined : await openReplay(options.replay, broadcast, clock);
  const market = createMarket({ seed, symbols, rate, quietPast });
  const source = replay ?? createMarketSource(market, broadcast, clock, options);
  const struck = { state, broadcast, weights, source, clock };
  const faults = createFaults({ ...struck, frameFaults, endpoints });
  const archive = new Archive(source, options.archive);
  const connects = new ConnectCounts(limits, limitsSeen);
  let lastId = 0;
  const nextId = () => ++lastId;
  const served = { restHistoryMs, absentPaths, archive, connects, nextId, hashFrames };
  return { ...struck, ...served, limits, limitsSeen, faults, replay };
}
