// Decides when reading from the sockets stops because the disk does not keep up, and when it goes on.
// Two things are bounded: the memory that waits for the disk, and the parts that wait to be sealed.

import { chunkBytes } from './chunk-pool.ts';

/** Bytes that may wait for the disk. */
const maxWaitingBytes = 64 * 1024 * 1024;
/** Kept free below that for what the sockets hold already when reading stops. */
const reservedBytes = 8 * 1024 * 1024;

export type GateLimits = { closeBytes: number; openBytes: number; maxUnsealed: number };

/** The limits for a number of symbols, each of which may need a chunk for its control lines. */
export function planGateLimits(symbols: number): GateLimits {
  const closeBytes = Math.max(
    maxWaitingBytes / 4,
    maxWaitingBytes - reservedBytes - symbols * chunkBytes,
  );
  return { closeBytes, openBytes: closeBytes / 2, maxUnsealed: 2 * symbols + 64 };
}

/** Whether reading is held back, given whether it was. */
export function isGateClosed(
  wasClosed: boolean,
  waitingBytes: number,
  unsealed: number,
  limits: GateLimits,
): boolean {
  if (waitingBytes >= limits.closeBytes || unsealed >= limits.maxUnsealed) return true;
  return wasClosed && (waitingBytes > limits.openBytes || unsealed > limits.maxUnsealed * 0.75);
}
