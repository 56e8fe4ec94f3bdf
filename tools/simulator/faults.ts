// The misbehaviour the exchange can be told to show. Frame faults strike single frames of a stream;
// the others strike a connection (or every one), REST, or the whole network.

import type { Clock } from '../../lake/clock.ts';
import type { Broadcast } from './broadcast.ts';
import type { Connection } from './connection.ts';
import type { FrameFaultOptions, FrameFaults } from './frame-faults.ts';
import { encodeTextFrame } from './frames.ts';
import type { Source } from './source.ts';
import type { Weights } from './weights.ts';

/** The connection struck, by its id; every open one where it is not given. */
export type Target = { connection?: number | undefined };

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
  /** Connection attempts are cut off, until `acceptConnects`. Open connections go on. */
  refuseConnects(): void;
  acceptConnects(): void;
  /** The next `count` REST requests get this status and no useful body. */
  failRest(status: number, count: number): void;
  /** Every connection is destroyed and every attempt cut off, until `restoreNetwork`. */
  cutNetwork(): void;
  restoreNetwork(): void;
};

/** What the server asks before it serves. */
export type FaultState = {
  networkIsCut: boolean;
  connectsAreRefused: boolean;
  restFailure: { status: number; left: number };
};

export function createFaultState(): FaultState {
  return {
    networkIsCut: false,
    connectsAreRefused: false,
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
};

export function createFaults(targets: FaultTargets): Faults {
  const { state, broadcast, frameFaults, weights, source, clock } = targets;
  const strike = (target: Target | undefined, act: (connection: Connection) => void) => {
    for (const connection of broadcast.connections) {
      if (target?.connection === undefined || target.connection === connection.id) act(connection);
    }
  };
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
    refuseConnects: () => {
      state.connectsAreRefused = true;
    },
    acceptConnects: () => {
      state.connectsAreRefused = false;
    },
    failRest: (status, count) => {
      state.restFailure = { status, left: count };
    },
    cutNetwork: () => {
      state.networkIsCut = true;
      strike(undefined, (connection) => connection.destroy());
    },
    restoreNetwork: () => {
      state.networkIsCut = false;
    },
  };
}
