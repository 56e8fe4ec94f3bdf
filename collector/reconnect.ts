// When to try again after a connection was lost or could not be made, by what it failed of. A network
// that is gone is knocked at often, so that the first attempt after its return comes soon; an exchange
// that turns us away is left alone as long as it asks; anything else backs off. Decides only.

import { planBackoffMs } from '../lake/backoff.ts';

/** What ended a connection or an attempt. */
export type Failure =
  /** No answer, or the connection broke. */
  | { kind: 'network' }
  /** The exchange answered the attempt with this status; until then it wants no other. */
  | { kind: 'refused'; status: number; retryAfterMs: number | undefined }
  /** The exchange closed, or did not do what it should. */
  | { kind: 'exchange' };

const knockEveryMs = { least: 1200, most: 1500 };
/** After so long without the network, knocking becomes rarer. */
const knockForMs = 10 * 60_000;
const laterBackoff = { firstMs: 15_000, maxMs: 15_000 };
const backoff = { firstMs: 1000, maxMs: 300_000 };
/** Attempts give up soon, and every fifth is given more time: a slow network is none that is gone. */
const handshakeMs = { first: 5000, retry: 2000, patient: 5000, late: 10_000 };
const patientEvery = 5;
/** Where the exchange refuses without saying for how long. */
const defaultBlockMs = { 429: 60_000, 418: 120_000 } as const;

/** The wait after failure number `failures` (1 is the first), `troubledMs` after all was well. */
export function planReconnectMs(
  failure: Failure,
  failures: number,
  troubledMs: number,
  random: () => number,
): number {
  if (failure.kind === 'network' && troubledMs < knockForMs) {
    return Math.round(knockEveryMs.least + random() * (knockEveryMs.most - knockEveryMs.least));
  }
  const limits = failure.kind === 'network' ? laterBackoff : backoff;
  return planBackoffMs(failures - 1, limits, random);
}

/** For how long the exchange must be left alone after a refusal, ms; 0 where it does not say so. */
export function findBlockMs(failure: Failure): number {
  if (failure.kind !== 'refused') return 0;
  const { status, retryAfterMs } = failure;
  return retryAfterMs ?? (isAddressRefused(status) ? defaultBlockMs[status] : 0);
}

/** Whether the status is meant for everything from this address, not for this attempt alone. */
export function isAddressRefused(status: number): status is keyof typeof defaultBlockMs {
  return Object.hasOwn(defaultBlockMs, status);
}

/** How long attempt number `failures` (0 is the first) may take until the socket is open. */
export function planHandshakeMs(failures: number, troubledMs: number): number {
  if (troubledMs >= knockForMs) return handshakeMs.late;
  if (failures === 0) return handshakeMs.first;
  return failures % patientEvery === 0 ? handshakeMs.patient : handshakeMs.retry;
}

/** Which of `endpoints` to try: the lane's own first and second, then the others in turn. */
export function planEndpoint(endpoints: number, lane: number, failures: number): number {
  return (lane + Math.max(0, failures - 1)) % endpoints;
}

/** The value of a Retry-After header in ms, seconds or a date; undefined where it is neither. */
export function parseRetryAfterMs(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
