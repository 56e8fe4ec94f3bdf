// Who receives what: the open connections, and those of them that are subscribed to a stream. A frame
// is encoded at most once per form (wrapped or not, ms or µs), whatever the number of connections,
// and not at all where nobody listens.

import type { Connection, ConnectionInfo } from './connection.ts';
import type { Delivery, FrameFaults } from './frame-faults.ts';
import { encodeTextFrame, type TimeUnit, wrapPayload } from './frames.ts';

/** Encodes the WebSocket frame for connections of one form. */
export type EncodeFrame = (combined: boolean, unit: TimeUnit) => Buffer;

export class Broadcast {
  readonly connections = new Set<Connection>();
  #subscribers = new Map<string, Set<Connection>>();
  #faults: FrameFaults;

  constructor(faults: FrameFaults) {
    this.#faults = faults;
  }

  add(connection: Connection): void {
    this.connections.add(connection);
    this.update(connection, new Set());
  }

  /** Takes over what the connection's subscription has become. */
  update(connection: Connection, before: ReadonlySet<string>): void {
    const { streams } = connection.subscription;
    for (const stream of before) if (!streams.has(stream)) this.#leave(stream, connection);
    for (const stream of streams) {
      const subscribers = this.#subscribers.get(stream);
      if (subscribers === undefined) this.#subscribers.set(stream, new Set([connection]));
      else subscribers.add(connection);
    }
  }

  remove(connection: Connection): void {
    this.connections.delete(connection);
    for (const stream of connection.subscription.streams) this.#leave(stream, connection);
  }

  describeConnections(): ConnectionInfo[] {
    return [...this.connections].map((connection) => connection.describe());
  }

  hasSubscribers(stream: string): boolean {
    return this.#subscribers.has(stream);
  }

  /** Queues a frame for every connection that is subscribed to the stream. */
  publish(stream: string, encode: EncodeFrame): void {
    const subscribers = this.#subscribers.get(stream);
    if (subscribers === undefined) return;
    const frames: (Buffer | undefined)[] = [];
    const deliveries: Delivery[] = [];
    for (const connection of subscribers) {
      const { combined, unit } = connection.subscription;
      const form = (combined ? 1 : 0) + (unit === 'us' ? 2 : 0);
      frames[form] ??= encode(combined, unit);
      if (this.#faults.active) deliveries.push({ connection, frame: frames[form] });
      else connection.deliver(frames[form]);
    }
    if (deliveries.length > 0) this.#faults.deliver(stream, deliveries);
  }

  /** Publishes a payload the exchange formats itself. */
  publishPayload(stream: string, format: (unit: TimeUnit) => string): void {
    this.publish(stream, (combined, unit) => {
      const payload = format(unit);
      return encodeTextFrame(combined ? wrapPayload(stream, payload) : payload);
    });
  }

  /** Writes what is queued on every connection. */
  flush(): void {
    for (const connection of this.connections) connection.flush();
  }

  /** Bytes the slowest reader is behind; connections that are told to stall do not count. */
  backlogBytes(): number {
    let bytes = 0;
    for (const connection of this.connections) {
      if (connection.isReading) bytes = Math.max(bytes, connection.backlogBytes);
    }
    return bytes;
  }

  #leave(stream: string, connection: Connection): void {
    const subscribers = this.#subscribers.get(stream);
    subscribers?.delete(connection);
    if (subscribers?.size === 0) this.#subscribers.delete(stream);
  }
}
