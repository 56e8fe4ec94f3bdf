// Who receives what: connections by stream name. A frame is encoded at most once per form (wrapped or
// not, ms or µs), whatever the number of connections, and not at all where nobody listens.

import type { Connection } from './connection.ts';
import type { FrameFaults } from './frame-faults.ts';
import { encodeTextFrame, type TimeUnit, wrapPayload } from './frames.ts';

/** Encodes the WebSocket frame for connections of one form. */
export type EncodeFrame = (combined: boolean, unit: TimeUnit) => Buffer;

export class Broadcast {
  #connections = new Map<string, Set<Connection>>();
  #faults: FrameFaults;

  constructor(faults: FrameFaults) {
    this.#faults = faults;
  }

  hasSubscribers(stream: string): boolean {
    return this.#connections.has(stream);
  }

  /** Takes over what the connection's subscription has become. */
  update(connection: Connection, before: ReadonlySet<string>): void {
    const { streams } = connection.subscription;
    for (const stream of before) if (!streams.has(stream)) this.#remove(stream, connection);
    for (const stream of streams) {
      const connections = this.#connections.get(stream);
      if (connections === undefined) this.#connections.set(stream, new Set([connection]));
      else connections.add(connection);
    }
  }

  remove(connection: Connection): void {
    for (const stream of connection.subscription.streams) this.#remove(stream, connection);
  }

  /** Queues a frame for every connection that is subscribed to the stream. */
  publish(stream: string, encode: EncodeFrame): void {
    const connections = this.#connections.get(stream);
    if (connections === undefined) return;
    const frames: (Buffer | undefined)[] = [];
    for (const connection of connections) {
      const { combined, unit } = connection.subscription;
      const form = (combined ? 1 : 0) + (unit === 'us' ? 2 : 0);
      const frame = (frames[form] ??= encode(combined, unit));
      if (this.#faults.active) this.#faults.deliver(stream, connection, frame);
      else connection.deliver(frame);
    }
  }

  /** Publishes a payload the exchange formats itself. */
  publishPayload(stream: string, format: (unit: TimeUnit) => string): void {
    this.publish(stream, (combined, unit) => {
      const payload = format(unit);
      return encodeTextFrame(combined ? wrapPayload(stream, payload) : payload);
    });
  }

  #remove(stream: string, connection: Connection): void {
    const connections = this.#connections.get(stream);
    connections?.delete(connection);
    if (connections?.size === 0) this.#connections.delete(stream);
  }
}
