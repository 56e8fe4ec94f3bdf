// The embedded exchange: one HTTP server on one port, WebSocket streams and REST alike. Owns the
// listening socket, the connections and the tick that publishes, writes and keeps alive.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, openSystemClock } from '../../lake/clock.ts';
import { formatReason, OperationalError } from '../../lake/errors.ts';
import { Archive, type ArchiveOptions } from './archive.ts';
import { Broadcast } from './broadcast.ts';
import type { ConnectionInfo } from './connection.ts';
import { createFaultState, createFaults, type Faults } from './faults.ts';
import { FrameFaults } from './frame-faults.ts';
import { majorSymbols } from './instrument.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { createLimitsSeen, type LimitsSeen } from './limits-seen.ts';
import { createMarket } from './market.ts';
import { createMarketSource, type MarketSourceOptions } from './market-source.ts';
import { openReplay, type Replay, type ReplayOptions } from './replay.ts';
import { createRequestHandler } from './requests.ts';
import { createTruth, type Truth } from './truth.ts';
import { createUpgradeHandler } from './upgrade.ts';
import { Weights } from './weights.ts';

export type SimulatorOptions = MarketSourceOptions & {
  /** 0, the default, takes any free port. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** The same seed gives the same market. Default 1. */
  seed?: number;
  /** Default: 13 majors. */
  symbols?: readonly string[];
  /** Multiplies the market's activity. Default 1. */
  rate?: number;
  /** Serves recordings in place of the market. */
  replay?: ReplayOptions;
  clock?: Clock;
  /** How often what is due is published; 0 leaves that to calls of `tick`. Default 10. */
  tickMs?: number;
  limits?: Partial<Limits>;
  /** When the public archive has a day's files, and what is wrong with them. */
  archive?: ArchiveOptions;
  /** Keep a SHA-256 of what each connection was sent. */
  hashFrames?: boolean;
};

export type Simulator = {
  port: number;
  /** Base URLs, as a client is configured with. */
  wsUrl: string;
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
  const { seed = 1, symbols = majorSymbols, rate = 1, tickMs = 10, host = '127.0.0.1' } = options;
  const clock = options.clock ?? openSystemClock();
  const limits = { ...defaultLimits, ...options.limits };
  const frameFaults = new FrameFaults();
  const broadcast = new Broadcast(frameFaults);
  const limitsSeen = createLimitsSeen();
  const weights = new Weights(limits, limitsSeen);
  const state = createFaultState();
  const replay =
    options.replay === undefined ? undefined : await openReplay(options.replay, broadcast, clock);
  const source =
    replay ?? createMarketSource(createMarket({ seed, symbols, rate }), broadcast, clock, options);
  const faults = createFaults({ state, broadcast, frameFaults, weights, source, clock });
  const shared = { state, broadcast, weights, limits, limitsSeen, clock };
  const archive = new Archive(source, options.archive);
  const http = createServer(createRequestHandler({ ...shared, source, faults, archive }));
  const { hashFrames = false } = options;
  http.on('upgrade', createUpgradeHandler({ ...shared, hashFrames }));

  function tick(): void {
    source.advance();
    broadcast.flush();
    for (const connection of broadcast.connections) connection.keepAlive();
  }

  const port = await listen(http, options.port ?? 0, host);
  const timer = tickMs > 0 ? setInterval(tick, tickMs) : undefined;
  return {
    port,
    wsUrl: `ws://${host}:${port}`,
    restUrl: `http://${host}:${port}`,
    archiveUrl: `http://${host}:${port}`,
    replay,
    faults,
    truth: createTruth(source),
    nowUs: source.nowUs,
    tick,
    connections: () => broadcast.describeConnections(),
    limitsSeen: () => ({ ...limitsSeen }),
    close() {
      clearInterval(timer);
      replay?.stop();
      for (const connection of broadcast.connections) connection.destroy();
      http.closeAllConnections();
      return new Promise((done) => http.close(() => done()));
    },
  };
}

function listen(http: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (thrown: Error) => {
      const reason = formatReason(thrown);
      const hint = 'give another port, or 0 for any that is free';
      reject(new OperationalError(`listen on ${host}:${port}: ${reason}`, { hint, cause: thrown }));
    };
    http.once('error', fail);
    http.listen(port, host, () => {
      http.off('error', fail);
      resolve((http.address() as AddressInfo).port);
    });
  });
}
