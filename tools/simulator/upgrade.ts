// Connection attempts: refused as the exchange refuses them, or accepted as a connection that receives
// what it subscribes to.

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Clock } from '../../lake/clock.ts';
import type { Broadcast } from './broadcast.ts';
import { Connection } from './connection.ts';
import type { FaultState } from './faults.ts';
import type { ConnectCounts, Limits } from './limits.ts';
import type { LimitsSeen } from './limits-seen.ts';
import { parseConnectUrl } from './subscriptions.ts';
import type { Weights } from './weights.ts';

export type UpgradeOptions = {
  state: FaultState;
  broadcast: Broadcast;
  weights: Weights;
  limits: Limits;
  limitsSeen: LimitsSeen;
  clock: Clock;
  hashFrames: boolean;
  connects: ConnectCounts;
  nextId: () => number;
  /** Which of the exchange's endpoints this is. */
  endpoint: number;
};

type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Longest message a client may send: 1024 stream names fit many times over. */
const maxMessageBytes = 1_000_000;

export function createUpgradeHandler(options: UpgradeOptions): UpgradeHandler {
  const { broadcast, limits, limitsSeen, clock, hashFrames } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
  });
  return (request, duplex, head) => {
    // An HTTP server on TCP hands over the socket itself.
    const socket = duplex as Socket;
    const address = request.socket.remoteAddress ?? '';
    const refusal = findRefusal(address, options);
    const ban = options.weights.findBan(address, Math.floor(clock.nowUs() / 1000));
    const subscription = parseConnectUrl(request.url ?? '/');
    if (refusal !== undefined || subscription === undefined) {
      refuseUpgrade(socket, refusal ?? 404, ban?.retryAfterSeconds);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const connection = new Connection({
        id: options.nextId(),
        endpoint: options.endpoint,
        address,
        ws,
        socket,
        subscription,
        limits,
        limitsSeen,
        nowMs: clock.monotonicMs,
        hashFrames,
        onSubscription: (changed, before) => broadcast.update(changed, before),
      });
      broadcast.add(connection);
      ws.on('error', () => connection.destroy());
      ws.on('close', () => broadcast.remove(connection));
    });
  };
}

/** The status that refuses an attempt; 0 for no answer at all; undefined to accept. */
function findRefusal(
  address: string,
  { state, weights, limitsSeen, clock, connects, endpoint }: UpgradeOptions,
): number | undefined {
  if (state.cutOff.has(endpoint) || state.refusing.has(endpoint)) return 0;
  const nowMs = Math.floor(clock.nowUs() / 1000);
  if (weights.findBan(address, nowMs) !== undefined) {
    limitsSeen.banned++;
    return 418;
  }
  return connects.count(address, clock.monotonicMs()) ? undefined : 429;
}

function refuseUpgrade(socket: Socket, status: number, retryAfterSeconds?: number): void {
  socket.on('error', () => socket.destroy());
  if (status === 0) socket.destroy();
  else {
    const retryAfter = status === 418 ? [`Retry-After: ${retryAfterSeconds}`] : [];
    const headers = ['Connection: close', 'Content-Length: 0', ...retryAfter];
    socket.end([`HTTP/1.1 ${status} Refused`, ...headers, '', ''].join('\r\n'));
  }
}
