// HTTP requests: control of the faults, the archive, REST, and what the faults make of it.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Clock } from '../../lake/clock.ts';
import { formatReason } from '../../lake/errors.ts';
import type { Archive } from './archive.ts';
import type { Broadcast } from './broadcast.ts';
import { answerControl } from './control.ts';
import type { FaultState, Faults } from './faults.ts';
import { answerRest, formatError, type HttpAnswer } from './http-answer.ts';
import type { Limits } from './limits.ts';
import type { LimitsSeen } from './limits-seen.ts';
import type { Source } from './source.ts';
import type { Weights } from './weights.ts';

export type RequestOptions = {
  state: FaultState;
  broadcast: Broadcast;
  weights: Weights;
  limits: Limits;
  limitsSeen: LimitsSeen;
  clock: Clock;
  source: Source;
  faults: Faults;
  archive: Archive;
  /** Which of the exchange's endpoints this is. */
  endpoint: number;
  restHistoryMs: number | undefined;
  absentPaths: readonly string[] | undefined;
};

export function createRequestHandler(options: RequestOptions): RequestListener {
  return (request, response) => {
    answerRequest(request, options).then(
      (answer) => writeAnswer(response, answer, options.clock),
      (thrown) =>
        writeAnswer(response, formatError(500, -1000, formatReason(thrown)), options.clock),
    );
  };
}

/** Undefined where the connection is to be cut. */
async function answerRequest(
  request: IncomingMessage,
  options: RequestOptions,
): Promise<HttpAnswer | undefined> {
  const { state, broadcast, weights, limits, limitsSeen, clock, source, faults } = options;
  const { method = 'GET', socket, headers } = request;
  const url = new URL(request.url ?? '/', 'http://exchange');
  if (url.pathname.startsWith('/control/')) {
    const views = { connections: () => broadcast.describeConnections(), limits: () => limitsSeen };
    return answerControl(method, url.pathname, await text(request), faults, views);
  }
  if (state.cutOff.has(options.endpoint)) return undefined;
  if (url.pathname.startsWith('/data/')) return options.archive.answer(url.pathname);
  if (state.restFailure.left > 0) {
    state.restFailure.left--;
    return formatError(state.restFailure.status, -1000, 'An unknown error occurred.');
  }
  const address = socket.remoteAddress ?? '';
  const timeUnit = headers['x-mbx-time-unit']?.toString();
  const nowMs = Math.floor(clock.nowUs() / 1000);
  const asked = { method, url, address, timeUnit, nowMs };
  const { restHistoryMs, absentPaths } = options;
  const rest = { source, weights, limits, limitsSeen, restHistoryMs, absentPaths };
  return answerRest(asked, rest);
}

function writeAnswer(response: ServerResponse, answer: HttpAnswer | undefined, clock: Clock): void {
  if (answer === undefined) {
    response.destroy();
    return;
  }
  // By the clock whose minutes count for the limits.
  const date = new Date(clock.nowUs() / 1000).toUTCString();
  const headers = {
    Date: date,
    'Content-Type': 'application/json;charset=UTF-8',
    ...answer.headers,
  };
  response.writeHead(answer.status, headers).end(answer.body);
}
