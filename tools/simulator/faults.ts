// The misbehaviour the exchange can be told to show. Frame faults strike single frames of a stream;
// the others strike a connection (or every one), REST, or the whole network.

import type { Clock } from '../../lake/clock.ts';
import type { Broadcast } from './broadcast.ts';
import type { Connection } from './connection.ts';
import type { FrameFaultOptions, FrameFaults } from './frame-faults.ts';
import { encodeTextFrame } from './frames.ts';
import type { Source } from './source.ts';
import type { Weights } from './weights.ts';

/** The connections struck: one by its id, those of an endpoint, every open one where neither is given. */
export type Target = { connection?: number | undefined; endpoint?: number | undefined };

export type Faults = {
  /** The next frames of a stream are lost. */
  drop(stream: string, options?: FrameFaultOptions): void;
  /** The next frames of a stream are sent twice. */
  duplicate(stream: string, options?: FrameFaultOptions): void;
  /** The next frames of a stream are each sent after the one that follows. */
  reorder(stream: string, options?: FrameFaultOptions): void;
  /** A stream stays acknowledged and delivers nothing, until `lift`. */
  silence(stream: string, options?: Target): void;
  /** Ends whatever fault a stream has. */
  lift(stream: string): void;
  /** A text frame that is no JSON. */
  garbage(options?: Target): void;
  /** The first half of a frame, then the end of the TCP connection. */
  halfFrame(options?: Target): void;
  /** Open sockets, and nothing on them in either direction, until `resume`. */
  stall(options?: Target): void;
  resume(options?: Target): void;
  /** TCP RST. */
  reset(options?: Target): void;
  /** The shutdown notice, and the close `noticeMs` later. */
  shutdown(noticeMs: number, options?: Target): void;
  /** 418 to every request and connection attempt, for so long. */
  ban(durationMs: number): void;
  /**
   * Connection attempts are cut off, at one endpoint or all, until `acceptConnects`. Open connections go
   * on.
   */
  refuseConnects(endpoint?: number): void;
  acceptConnects(endpoint?: number): void;
  /** The next `count` REST requests get this status and no useful body. */
  failRest(status: number, count: number): void;
  /**
   * Every connection is destroyed and every attempt cut off, at one endpoint or all, until
   * `restoreNetwork`.
   */
  cutNetwork(endpoint?: number): void;
  restoreNetwork(endpoint?: number): void;
  /** Maintenance: no trades and no klines for so long, from a whole second within the next two. */
  pauseTrading(durationMs: number): void;
};

/** What the server asks before it serves. */
export type FaultState = {
  /** Endpoints without network, and those that accept no connection. */
  cutOff: Set<number>;
  refusing: Set<number>;
  restFailure: { status: number; left: number };
};

export function createFaultState(): FaultState {
  return {
    cutOff: new Set(),
    refusing: new Set(),
    restFailure: { status: 500, left: 0 },
  };
}

export type FaultTargets = {
  state: FaultState;
  broadcast: Broadcast;
  frameFaults: FrameFaults;
  weights: Weights;
  source: Source;
  clock: Clock;
  /** How many endpoints there are. */
  endpoints: number;
};

export function createFaults(targets: FaultTargets): Faults {
  const { state, broadcast, frameFaults, weights, source, clock } = targets;
  const strike = (target: Target | undefined, act: (connection: Connection) => void) => {
    for (const connection of broadcast.connections) {
      if (isStruck(connection, target)) act(connection);
    }
  };
  const list = (endpoint: number | undefined) =>
    endpoint === undefined
      ? Array.from({ length: targets.endpoints }, (_, one) => one)
      : [endpoint];
  return {
    drop: (stream, options) => frameFaults.strike(stream, 'drop', options),
    duplicate: (stream, options) => frameFaults.strike(stream, 'duplicate', options),
    reorder: (stream, options) => frameFaults.strike(stream, 'reorder', options),
    silence: (stream, options) => frameFaults.strike(stream, 'silence', options),
    lift: (stream) => frameFaults.lift(stream),
    garbage: (target) => strike(target, (connection) => connection.answer('{"stream":"garbage')),
    halfFrame: (target) => {
      const frame = encodeTextFrame(`{"stream":"torn@trade","data":{"e":"trade"}}`);
      strike(target, (connection) => connection.tear(frame));
    },
    stall: (target) => strike(target, (connection) => connection.stall()),
    resume: (target) => strike(target, (connection) => connection.resume()),
    reset: (target) => strike(target, (connection) => connection.reset()),
    shutdown: (noticeMs, target) =>
      strike(target, (connection) => connection.shutDown(source.nowUs(), noticeMs)),
    ban: (durationMs) => weights.ban(Math.floor(clock.nowUs() / 1000) + durationMs),
    refuseConnects: (endpoint) => {
      for (const one of list(endpoint)) state.refusing.add(one);
    },
    acceptConnects: (endpoint) => {
      for (const one of list(endpoint)) state.refusing.delete(one);
    },
    failRest: (status, count) => {
      state.restFailure = { status, left: count };
    },
    cutNetwork: (endpoint) => {
      for (const one of list(endpoint)) state.cutOff.add(one);
      strike({ endpoint }, (connection) => connection.destroy());
    },
    restoreNetwork: (endpoint) => {
      for (const one of list(endpoint)) state.cutOff.delete(one);
    },
    pauseTrading: (durationMs) => {
      if (source.pauseTrading === undefined) {
        throw new RangeError('pause trading: a recording cannot be paused');
      }
      source.pauseTrading(durationMs);
    },
  };
}

function isStruck(connection: Connection, target: Target = {}): boolean {
  return (
    (target.connection ?? connection.id) === connection.id &&
    (target.endpoint ?? connection.endpoint) === connection.endpoint
  );
}
