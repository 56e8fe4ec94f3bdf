// The WebSocket client as the collector wants it: frames as they are on the wire, no compression to
// pay for, and every wait and size bounded. Answers pings by itself.

import { WebSocket } from 'ws';
import type { Connect } from './connection.ts';

/** Largest frame that is taken; a larger one ends the connection. */
const maxFrameBytes = 4 * 1024 * 1024;
/** How long frames on their way are still awaited after we have closed. */
const closeTimeoutMs = 1000;

export const connectSocket: Connect = (url, handshakeMs) => {
  const options = {
    perMessageDeflate: false,
    // Frames are kept as bytes; what is not UTF-8 must be kept too, not end the connection.
    skipUTF8Validation: true,
    allowSynchronousEvents: true,
    maxPayload: maxFrameBytes,
    handshakeTimeout: handshakeMs,
    closeTimeout: closeTimeoutMs,
  };
  return new WebSocket(url, options);
};
