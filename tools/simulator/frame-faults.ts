// Faults of single frames, per stream: dropped, sent twice, swapped with the next one, or held back
// for good. A fault strikes every connection, or one of them.

import type { Connection } from './connection.ts';

export type FrameFault = 'drop' | 'duplicate' | 'reorder' | 'silence';

export type FrameFaultOptions = {
  /** How many frames are struck; `silence` strikes until it is lifted. Default 1. */
  count?: number;
  /** Strikes the connection of that id alone. */
  connection?: number | undefined;
};

type Strike = {
  kind: FrameFault;
  connection: number | undefined;
  count: number;
  /** Frames struck so far, per connection that was there to receive them. */
  struck: Map<Connection, number>;
  /** The frame that waits for its successor, per connection. */
  held: Map<Connection, Buffer>;
};

export class FrameFaults {
  #strikes = new Map<string, Strike>();

  get active(): boolean {
    return this.#strikes.size > 0;
  }

  /** Strikes the next frames of a stream. Replaces the fault the stream had. */
  strike(stream: string, kind: FrameFault, options: FrameFaultOptions = {}): void {
    const count = kind === 'silence' ? Number.POSITIVE_INFINITY : (options.count ?? 1);
    const { connection } = options;
    this.#strikes.set(stream, { kind, connection, count, struck: new Map(), held: new Map() });
  }

  lift(stream: string): void {
    this.#strikes.delete(stream);
  }

  /** Hands the frame to the connection, or does to it what the stream's fault says. */
  deliver(stream: string, connection: Connection, frame: Buffer): void {
    const strike = this.#strikes.get(stream);
    const held = strike?.held.get(connection);
    if (strike === undefined || !isStruck(strike, connection)) {
      connection.deliver(frame);
    } else if (held !== undefined) {
      strike.held.delete(connection);
      connection.deliver(frame);
      connection.deliver(held);
    } else {
      strike.struck.set(connection, (strike.struck.get(connection) ?? 0) + 1);
      if (strike.kind === 'reorder') strike.held.set(connection, frame);
      if (strike.kind !== 'duplicate') return;
      connection.deliver(frame);
      connection.deliver(frame);
    }
  }
}

function isStruck(strike: Strike, connection: Connection): boolean {
  if (strike.connection !== undefined && strike.connection !== connection.id) return false;
  if (strike.held.has(connection)) return true;
  return (strike.struck.get(connection) ?? 0) < strike.count;
}
