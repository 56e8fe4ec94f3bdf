// The raw line: one JSON object per line, keys in the order recv, conn, then event or msg, msg last.
// A frame line holds the exchange's frame byte for byte; a control line holds what happened to the
// connection. This file formats the parts that are ours; the frame itself is copied, never rebuilt.

/** What can happen to a connection or a stream, as written into the raw data. */
export type ControlEvent =
  /** The socket is open. */
  | 'open'
  /** The exchange has acknowledged the subscription of this symbol's streams. */
  | 'subscribed'
  /** The connection was already subscribed when this part began. */
  | 'listening'
  /** The connection is still subscribed when this part ends. */
  | 'rotate'
  /** The connection has ended. */
  | 'close'
  | 'handover'
  /** Trades are missing. */
  | 'gap'
  /** A stream was acknowledged and has not delivered a first message. */
  | 'silent'
  /** A stream has delivered nothing for longer than its bound. */
  | 'stale'
  /** The exchange has announced that it will close the connection. */
  | 'shutdown'
  /** The exchange refused a request. */
  | 'refused'
  /** A frame that cannot stand in a line (it holds a newline or is no JSON), as base64. */
  | 'unreadable'
  /** A trade or quote of a stream the connection has not asked for, as base64. */
  | 'foreign'
  /** Trades fetched afterwards; the rows stand beside it under `conn` rest. */
  | 'fill'
  /** The local clock's offset against the exchange's, measured. */
  | 'clock'
  /** Reading has stopped because the disk does not keep up. */
  | 'paused'
  | 'resumed';

export type ControlFields = Record<string, string | number | boolean | readonly string[] | null>;

/** A control line with its newline. `recvUs` is microseconds since the epoch. */
export function formatControlLine(
  recvUs: number,
  conn: string,
  event: ControlEvent,
  fields: ControlFields = {},
): string {
  return `${JSON.stringify({ recv: recvUs, conn, event, ...fields })}\n`;
}

/** The bytes before a frame: `{"recv":<16 digits>,"conn":"<conn>","msg":`. */
export function formatFramePrefix(recvUs: number, conn: string): string {
  return `{"recv":${recvUs},"conn":${JSON.stringify(conn)},"msg":`;
}

/** The bytes after a frame. */
export const frameSuffix = '}\n';
