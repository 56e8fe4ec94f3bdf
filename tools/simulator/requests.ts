// HTTP requests: control of the faults, REST, and what the faults make of it.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Clock } from '../../lake/clock.ts';
import { formatReason } from '../../lake/errors.ts';
import type { Broadcast } from './broadcast.ts';
import { answerControl } from './control.ts';
import type { FaultState, Faults } from './faults.ts';
import { answerRest, formatError, type HttpAnswer } from './http-answer.ts';
import type { Limits } from './limits.ts';
import type { Source } from './source.ts';
import type { Weights } from './weights.ts';

export type RequestOptions = {
  state: FaultState;
  broadcast: Broadcast;
  weights: Weights;
  limits: Limits;
  clock: Clock;
  source: Source;
  faults: Faults;
};

export function createRequestHandler(options: RequestOptions): RequestListener {
  return (request, response) => {
    answerRequest(request, options).then(
      (answer) => writeAnswer(response, answer),
      (thrown) => writeAnswer(response, formatError(500, -1000, formatReason(thrown))),
    );
  };
}

/** Undefined where the connection is to be cut. */
async function answerRequest(
  request: IncomingMessage,
  { state, broadcast, weights, limits, clock, source, faults }: RequestOptions,
): Promise<HttpAnswer | undefined> {
  const { method = 'GET', socket, headers } = request;
  const url = new URL(request.url ?? '/', 'http://exchange');
  if (url.pathname.startsWith('/control/')) {
    const connections = () => broadcast.describeConnections();
    return answerControl(method, url.pathname, await text(request), faults, connections);
  }
  if (state.networkIsCut) return undefined;
  if (state.restFailure.left > 0) {
    state.restFailure.left--;
    return formatError(state.restFailure.status, -1000, 'An unknown error occurred.');
  }
  const address = socket.remoteAddress ?? '';
  const timeUnit = headers['x-mbx-time-unit']?.toString();
  const nowMs = Math.floor(clock.nowUs() / 1000);
  return answerRest({ method, url, address, timeUnit, nowMs }, { source, weights, limits });
}

function writeAnswer(response: ServerResponse, answer: HttpAnswer | undefined): void {
  if (answer === undefined) {
    response.destroy();
    return;
  }
  const headers = { 'Content-Type': 'application/json;charset=UTF-8', ...answer.headers };
  response.writeHead(answer.status, headers).end(answer.body);
}
