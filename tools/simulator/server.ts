// The embedded exchange: one HTTP server on one port, WebSocket streams and REST alike. Owns the
// listening socket, the connections and the tick that publishes, writes and keeps alive.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { WebSocketServer } from 'ws';
import { type Clock, openSystemClock } from '../../lake/clock.ts';
import { formatReason, OperationalError } from '../../lake/errors.ts';
import { Broadcast } from './broadcast.ts';
import { Connection, type ConnectionInfo } from './connection.ts';
import { answerControl } from './control.ts';
import { createFaultState, createFaults, type Faults } from './faults.ts';
import { FrameFaults } from './frame-faults.ts';
import { answerRest, formatError, type HttpAnswer } from './http-answer.ts';
import { majorSymbols } from './instrument.ts';
import { ConnectCounts, defaultLimits, type Limits } from './limits.ts';
import { createMarket } from './market.ts';
import { createMarketSource, type MarketSourceOptions } from './market-source.ts';
import { openReplay, type Replay, type ReplayOptions } from './replay.ts';
import { parseConnectUrl } from './subscriptions.ts';
import { createTruth, type Truth } from './truth.ts';
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
  faults: Faults;
  truth: Truth;
  /** The exchange's time, microseconds since the epoch. */
  nowUs(): number;
  /** Publishes what is due, writes it, and keeps connections alive or ends them. */
  tick(): void;
  connections(): ConnectionInfo[];
  close(): Promise<void>;
};

export async function openSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { seed = 1, symbols = majorSymbols, rate = 1, tickMs = 10, host = '127.0.0.1' } = options;
  const clock = options.clock ?? openSystemClock();
  const limits = { ...defaultLimits, ...options.limits };
  const frameFaults = new FrameFaults();
  const broadcast = new Broadcast(frameFaults);
  const weights = new Weights(limits);
  const connects = new ConnectCounts(limits);
  const state = createFaultState();
  const nowMs = () => Math.floor(clock.nowUs() / 1000);
  const replay =
    options.replay === undefined ? undefined : await openReplay(options.replay, broadcast, clock);
  const source =
    replay ?? createMarketSource(createMarket({ seed, symbols, rate }), broadcast, clock, options);
  const faults = createFaults({ state, broadcast, frameFaults, weights, source, nowMs });
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 1_000_000,
  });
  let nextId = 1;

  async function answerHttp(request: IncomingMessage): Promise<HttpAnswer | undefined> {
    const { method = 'GET', socket, headers } = request;
    const url = new URL(request.url ?? '/', 'http://exchange');
    if (url.pathname.startsWith('/control/')) {
      return answerControl(method, url.pathname, await text(request), faults, describeConnections);
    }
    if (state.networkIsCut) return undefined;
    if (state.restFailure.left > 0) {
      state.restFailure.left--;
      return formatError(state.restFailure.status, -1000, 'An unknown error occurred.');
    }
    const address = socket.remoteAddress ?? '';
    const timeUnit = headers['x-mbx-time-unit']?.toString();
    return answerRest(
      { method, url, address, timeUnit, nowMs: nowMs() },
      { source, weights, limits },
    );
  }

  const describeConnections = () =>
    [...broadcast.connections].map((connection) => connection.describe());

  /** The status that refuses a connection attempt; 0 for no answer at all; undefined to accept. */
  function findRefusal(address: string): number | undefined {
    if (state.networkIsCut || state.connectsAreRefused) return 0;
    if (weights.findBan(address, nowMs()) !== undefined) return 418;
    return connects.count(address, clock.monotonicMs()) ? undefined : 429;
  }

  function acceptUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const address = request.socket.remoteAddress ?? '';
    const subscription = parseConnectUrl(request.url ?? '/');
    const refusal = findRefusal(address) ?? (subscription === undefined ? 404 : undefined);
    if (refusal !== undefined || subscription === undefined) {
      refuseUpgrade(socket, refusal ?? 404);
      return;
    }
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
  }

  function tick(): void {
    source.advance();
    broadcast.flush();
    for (const connection of broadcast.connections) connection.keepAlive();
  }

  const http = createServer((request, response) => {
    answerHttp(request).then(
      (answer) => writeAnswer(response, answer),
      (thrown) => writeAnswer(response, formatError(500, -1000, formatReason(thrown))),
    );
  });
  http.on('upgrade', (request, socket: Duplex, head) =>
    acceptUpgrade(request, socket as Socket, head),
  );
  const port = await listen(http, options.port ?? 0, host);
  const timer = tickMs > 0 ? setInterval(tick, tickMs) : undefined;
  return {
    port,
    wsUrl: `ws://${host}:${port}`,
    restUrl: `http://${host}:${port}`,
    replay,
    faults,
    truth: createTruth(source),
    nowUs: source.nowUs,
    tick,
    connections: describeConnections,
    close() {
      clearInterval(timer);
      replay?.stop();
      for (const connection of broadcast.connections) connection.destroy();
      http.closeAllConnections();
      return new Promise((done) => http.close(() => done()));
    },
  };
}

function refuseUpgrade(socket: Socket, status: number): void {
  socket.on('error', () => socket.destroy());
  if (status === 0) socket.destroy();
  else socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Without an answer the connection is cut. */
function writeAnswer(response: ServerResponse, answer: HttpAnswer | undefined): void {
  if (answer === undefined) {
    response.destroy();
    return;
  }
  const headers = { 'Content-Type': 'application/json;charset=UTF-8', ...answer.headers };
  response.writeHead(answer.status, headers).end(answer.body);
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
