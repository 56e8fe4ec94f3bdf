// One HTTP request: REST endpoints with their weights and limits, and the control of faults. Turns a
// request into an answer; the server writes it.

import type { TimeUnit } from './frames.ts';
import type { Limits } from './limits.ts';
import type { LimitsSeen } from './limits-seen.ts';
import { keepRecent } from './recent-history.ts';
import { type Endpoint, endpoints } from './rest.ts';
import { RestError, readParameters } from './rest-parameters.ts';
import type { Source } from './source.ts';
import type { Weights, WeightVerdict } from './weights.ts';

export type HttpRequest = {
  method: string;
  url: URL;
  address: string;
  /** Value of X-MBX-TIME-UNIT. */
  timeUnit: string | undefined;
  nowMs: number;
};

export type HttpAnswer = {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
};

export type RestOptions = {
  source: Source;
  weights: Weights;
  limits: Limits;
  limitsSeen: LimitsSeen;
  /** How far back trades are answered, ms; all of them where it is not given. */
  restHistoryMs?: number | undefined;
  /** Paths that are not served, as on a host for market data alone. */
  absentPaths?: readonly string[] | undefined;
};

export async function answerRest(request: HttpRequest, options: RestOptions): Promise<HttpAnswer> {
  const { source, weights, limits, restHistoryMs, absentPaths = [] } = options;
  const { pathname } = request.url;
  const endpoint = absentPaths.includes(pathname) ? undefined : endpoints[pathname];
  const banned = weights.findBan(request.address, request.nowMs);
  if (banned !== undefined) return refuse(banned, options);
  if (endpoint === undefined) return formatError(404, -1000, 'No such path.');
  if (request.method !== 'GET') return formatError(405, -1000, 'Only GET is served.');
  const unit: TimeUnit = request.timeUnit?.toUpperCase() === 'MICROSECOND' ? 'us' : 'ms';
  const { weightPerMinute } = limits;
  const parameters = readParameters(request.url.searchParams, source);
  const weight = weigh(endpoint, parameters);
  const verdict = weights.count(request.address, weight, request.nowMs);
  if (verdict.kind !== 'served') return refuse(verdict, options);
  const headers = formatWeight(verdict.used);
  const sinceUs = () => source.nowUs() - restHistoryMs! * 1000;
  const history =
    restHistoryMs === undefined ? source.history : keepRecent(source.history, sinceUs);
  try {
    return {
      status: 200,
      headers,
      body: await endpoint.answer(parameters, { source, history, unit, weightPerMinute }),
    };
  } catch (thrown) {
    if (!(thrown instanceof RestError)) throw thrown;
    return { ...formatError(thrown.status, thrown.code, thrown.message), headers };
  }
}

/** A malformed request costs 1. */
function weigh(endpoint: Endpoint, parameters: ReturnType<typeof readParameters>): number {
  try {
    return endpoint.weight(parameters);
  } catch (thrown) {
    if (thrown instanceof RestError) return 1;
    throw thrown;
  }
}

function refuse(
  verdict: Exclude<WeightVerdict, { kind: 'served' }>,
  { limits, limitsSeen }: RestOptions,
): HttpAnswer {
  const headers = { 'Retry-After': String(verdict.retryAfterSeconds) };
  if (verdict.kind === 'banned') {
    limitsSeen.banned++;
    const msg = `Way too much request weight used; IP banned until ${verdict.untilMs}. Please use WebSocket Streams for live updates to avoid bans.`;
    return { ...formatError(418, -1003, msg), headers };
  }
  limitsSeen.limited++;
  const msg = `Too much request weight used; current limit is ${limits.weightPerMinute} request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API.`;
  return {
    ...formatError(429, -1003, msg),
    headers: { ...headers, ...formatWeight(verdict.used) },
  };
}

function formatWeight(used: number): Record<string, string> {
  return { 'X-MBX-USED-WEIGHT': String(used), 'X-MBX-USED-WEIGHT-1M': String(used) };
}

export function formatError(status: number, code: number, msg: string): HttpAnswer {
  return { status, headers: {}, body: JSON.stringify({ code, msg }) };
}
