// The embedded exchange: one HTTP server on one port, WebSocket streams and REST alike. Owns the
// listening socket, the connections and the tick that publishes, writes and keeps alive.

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { type Clock, openSystemClock } from '../../lake/clock.ts';
import { Broadcast } from './broadcast.ts';
import { Connection, type ConnectionInfo } from './connection.ts';
import { FrameFaults } from './frame-faults.ts';
import { majorSymbols } from './instrument.ts';
import { createWindowCounter, defaultLimits, type Limits } from './limits.ts';
import { createMarket } from './market.ts';
import { createMarketSource, type MarketSourceOptions } from './market-source.ts';
import { openReplay, type Replay, type ReplayOptions } from './replay.ts';
import { parseConnectUrl } from './subscriptions.ts';

export type SimulatorOptions = MarketSourceOptions & {
  /** 0, the default, takes any free port. */
  port?: number;
  host?: string;
  seed?: number;
  symbols?: readonly string[];
  /** Multiplies the market's activity. */
  rate?: number;
  /** Serves recordings in place of the market. */
  replay?: ReplayOptions;
  clock?: Clock;
  /** How often what is due is published; 0 leaves that to calls of `tick`. Default 10. */
  tickMs?: number;
  limits?: Partial<Limits>;
  /** Keep a SHA-256 of what each connection was sent. */
  hashFrames?: boolean;
};

export type Simulator = {
  port: number;
  /** Base URLs, as a client is configured with. */
  wsUrl: string;
  restUrl: string;
  /** The recordings being served, where there are any. */
  replay: Replay | undefined;
  tick(): void;
  connections(): ConnectionInfo[];
  close(): Promise<void>;
};

export async function openSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { seed = 1, symbols = majorSymbols, rate = 1, tickMs = 10, host = '127.0.0.1' } = options;
  const clock = options.clock ?? openSystemClock();
  const limits = { ...defaultLimits, ...options.limits };
  const faults = new FrameFaults();
  const broadcast = new Broadcast(faults);
  const replay =
    options.replay === undefined ? undefined : await openReplay(options.replay, broadcast, clock);
  const source =
    replay ?? createMarketSource(createMarket({ seed, symbols, rate }), broadcast, clock, options);
  const http = createServer((_request, response) => response.writeHead(404).end());
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 1_000_000,
  });
  const connectCounters = new Map<string, (nowMs: number) => boolean>();
  let nextId = 1;

  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const address = request.socket.remoteAddress ?? '';
    const count =
      connectCounters.get(address) ?? createWindowCounter(limits.connects, limits.connectWindowMs);
    connectCounters.set(address, count);
    if (!count(clock.monotonicMs())) return refuseUpgrade(socket, 429, 'Too Many Requests');
    const subscription = parseConnectUrl(request.url ?? '/');
    if (subscription === undefined) return refuseUpgrade(socket, 404, 'Not Found');
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const connection = new Connection({
        id: nextId++,
        address,
        ws,
        socket,
        subscription,
        limits,
        nowMs: clock.monotonicMs,
        hashFrames: options.hashFrames ?? false,
        onSubscription: (changed, before) => broadcast.update(changed, before),
      });
      broadcast.add(connection);
      ws.on('error', () => connection.destroy());
      ws.on('close', () => broadcast.remove(connection));
    });
  });

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
    replay,
    tick,
    connections: () => [...broadcast.connections].map((connection) => connection.describe()),
    close() {
      clearInterval(timer);
      replay?.stop();
      for (const connection of broadcast.connections) connection.destroy();
      http.closeAllConnections();
      return new Promise((done) => http.close(() => done()));
    },
  };
}

function refuseUpgrade(socket: Duplex, status: number, reason: string): void {
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function listen(http: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, () => {
      http.off('error', reject);
      resolve((http.address() as AddressInfo).port);
    });
  });
}
