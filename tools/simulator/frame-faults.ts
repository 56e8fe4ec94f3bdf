// Faults of single frames, per stream: dropped, sent twice, swapped with the next one, or held back
// for good. A fault strikes every subscriber of the stream, or one connection alone.

import type { Connection } from './connection.ts';

export type FrameFault = 'drop' | 'duplicate' | 'reorder' | 'silence';

export type FrameFaultOptions = {
  /** How many frames are struck; `silence` strikes until it is lifted. Default 1. */
  count?: number;
  /** Strikes the connection of that id alone. */
  connection?: number | undefined;
};

/** A frame on its way to one subscriber. */
export type Delivery = { connection: Connection; frame: Buffer };

type Strike = {
  kind: FrameFault;
  connection: number | undefined;
  /** Frames still to be struck. */
  left: number;
  /** A reordered frame, until its successor has gone. */
  held: readonly Delivery[];
};

export class FrameFaults {
  #strikes = new Map<string, Strike>();

  get active(): boolean {
    return this.#strikes.size > 0;
  }

  /** Strikes the next frames of a stream. Replaces the fault the stream had. */
  strike(stream: string, kind: FrameFault, options: FrameFaultOptions = {}): void {
    this.lift(stream);
    const left = kind === 'silence' ? Number.POSITIVE_INFINITY : (options.count ?? 1);
    this.#strikes.set(stream, { kind, connection: options.connection, left, held: [] });
  }

  lift(stream: string): void {
    send(this.#strikes.get(stream)?.held ?? []);
    this.#strikes.delete(stream);
  }

  /** Delivers one frame of a stream to its subscribers, or does to it what the fault says. */
  deliver(stream: string, deliveries: readonly Delivery[]): void {
    const strike = this.#strikes.get(stream);
    const { connection: only } = strike ?? {};
    const struck = deliveries.filter(
      ({ connection }) => only === undefined || only === connection.id,
    );
    if (strike === undefined || struck.length === 0) {
      send(deliveries);
      return;
    }
    if (strike.held.length > 0) {
      send([...deliveries, ...strike.held]);
      strike.held = [];
    } else {
      strike.left--;
      send(deliveries.filter((delivery) => !struck.includes(delivery)));
      if (strike.kind === 'duplicate') send([...struck, ...struck]);
      if (strike.kind === 'reorder') strike.held = struck;
    }
    if (strike.left <= 0 && strike.held.length === 0) this.#strikes.delete(stream);
  }
}

function send(deliveries: readonly Delivery[]): void {
  for (const { connection, frame } of deliveries) connection.deliver(frame);
}
