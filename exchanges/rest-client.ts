// Sends a venue's REST requests within its limits: one weight governor per host, which counts what was
// sent in the last 60 s, reads the used weight the exchange reports, honours Retry-After, and keeps to
// its share, so that the rest of the limit is left to everything else at this address.

import type { Clock } from '../lake/clock.ts';
import type { Log } from '../lake/log.ts';
import type { RestRequest, VenueRest } from './rest.ts';

export type RestAnswer = {
  body: Buffer;
  /** Local wall-clock times before the request was sent and after the whole answer was there, µs. */
  sentUs: number;
  receivedUs: number;
};

export type RestClientOptions = {
  /** Name of the exchange, for messages. */
  exchange: string;
  rest: VenueRest;
  restUrl: string;
  /** Share of the exchange's weight per minute that this process may use, 0 to 1. */
  share: number;
  /** Root of the lake: `state/rest/<exchange>.json` says until when the exchange has blocked us. */
  root: string;
  clock: Clock;
  log: Log;
  /** Gives [0, 1). */
  random: () => number;
};

export type RestClient = {
  /**
   * The answer, once the governor admits the request; requests are admitted in order. Transient failures
   * (network, 5xx, 429, 418) are tried again; other statuses, and transient ones that stay, reject with
   * RestError. Rejects with the signal's reason when it is aborted.
   */
  get(request: RestRequest, signal: AbortSignal): Promise<RestAnswer>;
  /** For status and health. */
  status(): { weightUsed: number; weightAllowed: number; blockedForMs: number; waiting: number };
};

export function openRestClient(_options: RestClientOptions): RestClient {
  throw new Error('not written yet');
}
