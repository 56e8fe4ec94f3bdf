// Checks of an exchange: does its WebSocket accept us, does its REST interface answer, and how far is
// our clock from its own? Every answer is waited for within a bound. Nothing is subscribed.

import { performance } from 'node:perf_hooks';
import WebSocket from 'ws';
import type { Exchange } from '../../exchanges/exchange.ts';
import { formatCause } from '../../exchanges/http-get.ts';
import type { CheckFinding } from './finding.ts';

const maxClockOffsetMs = 1000;

export type VenueCheck = {
  exchange: Exchange;
  wsUrl: string;
  restUrl: string;
  answerWithinMs: number;
  nowMs(): number;
};

export async function checkVenue(check: VenueCheck): Promise<CheckFinding[]> {
  const [sockets, rest] = await Promise.all([checkSocket(check), checkRest(check)]);
  return [sockets, ...rest];
}

async function checkSocket({ exchange, wsUrl, answerWithinMs }: VenueCheck): Promise<CheckFinding> {
  const name = `${exchange.name} websocket`;
  const startedMs = performance.now();
  try {
    await connectOnce(exchange.formatConnectUrl(wsUrl), answerWithinMs);
  } catch (thrown) {
    return { level: 'fail', name, detail: `${wsUrl} does not accept us: ${formatCause(thrown)}` };
  }
  const tookMs = Math.round(performance.now() - startedMs);
  return { level: 'ok', name, detail: `${wsUrl} accepts us in ${tookMs} ms` };
}

function connectOnce(url: string, handshakeTimeout: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { handshakeTimeout, perMessageDeflate: false });
    socket.once('open', () => {
      socket.terminate();
      resolve();
    });
    socket.on('error', reject);
  });
}

async function checkRest(check: VenueCheck): Promise<CheckFinding[]> {
  const { exchange, restUrl, nowMs } = check;
  const name = `${exchange.name} rest`;
  try {
    const askedAtMs = nowMs();
    const timeMs = exchange.parseTimeMs(await fetchTime(check));
    const answeredAtMs = nowMs();
    const tookMs = Math.round(answeredAtMs - askedAtMs);
    const answered: CheckFinding = {
      level: 'ok',
      name,
      detail: `${restUrl} answers in ${tookMs} ms`,
    };
    return [answered, judgeClock(exchange.name, timeMs - (askedAtMs + answeredAtMs) / 2)];
  } catch (thrown) {
    return [{ level: 'fail', name, detail: `${restUrl} does not answer: ${formatCause(thrown)}` }];
  }
}

async function fetchTime({ exchange, restUrl, answerWithinMs }: VenueCheck): Promise<unknown> {
  const signal = AbortSignal.timeout(answerWithinMs);
  const response = await fetch(exchange.formatTimeUrl(restUrl), { signal });
  if (response.ok) return response.json();
  await response.body?.cancel();
  throw new Error(`status ${response.status} ${response.statusText}`.trim());
}

/** `offsetMs`: how far the exchange's clock is ahead of ours. */
function judgeClock(exchangeName: string, offsetMs: number): CheckFinding {
  const isOff = Math.abs(offsetMs) > maxClockOffsetMs;
  const direction = offsetMs > 0 ? 'behind' : 'ahead of';
  const hint = isOff ? '; let the machine keep its time by NTP (timedatectl set-ntp true)' : '';
  const seconds = (Math.abs(offsetMs) / 1000).toFixed(3);
  const detail = `${seconds} s ${direction} ${exchangeName}'s${hint}`;
  return { level: isOff ? 'warn' : 'ok', name: 'clock', detail };
}
