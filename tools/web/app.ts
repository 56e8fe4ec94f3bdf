// The HTTP application without its routes: what is asked of every request before a route sees it, and how
// errors are answered. Every request, its headers and its time are bounded; nothing here takes a body.

import type { Socket } from 'node:net';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Clock } from '../../lake/clock.ts';
import type { Config } from '../../lake/config.ts';
import type { Log } from '../../lake/log.ts';
import type { Access, Verdict } from './access.ts';
import { formatError, paths, securityHeaders, toErrorStatus } from './answers.ts';
import { RateLimit } from './rate-limit.ts';

export type WebApp = FastifyInstance;

/** How long a request may take to come, and how often that is looked at. */
export type RequestLimits = { requestWithinMs: number; checkEveryMs: number };

export type WebContext = {
  config: Config;
  clock: Clock;
  log: Log;
  access: Access;
  limits: RequestLimits;
};

const keepAliveMs = 30_000;
const maxConnections = 100;
const maxRequestsPerConnection = 10_000;
const maxHeaderBytes = 8192;
const maxBodyBytes = 1024;
const rateLimits = { burst: 50, perSecond: 10, maxAddresses: 10_000 };
const refusals: Record<Exclude<Verdict, 'granted'>, 401 | 403> = {
  missing: 401,
  wrong: 401,
  foreign: 403,
};

export function openApp({ clock, log, access, limits }: WebContext): WebApp {
  const { requestWithinMs, checkEveryMs } = limits;
  const app: WebApp = fastify({
    logger: false,
    requestTimeout: requestWithinMs,
    keepAliveTimeout: keepAliveMs,
    maxRequestsPerSocket: maxRequestsPerConnection,
    bodyLimit: maxBodyBytes,
    http: {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: requestWithinMs,
      connectionsCheckingInterval: checkEveryMs,
    },
    forceCloseConnections: 'idle',
    schemaController: {
      compilersFactory: { buildValidator: refuseSchema, buildSerializer: refuseSchema },
    },
    frameworkErrors: (thrown, _request, reply) => answer(reply, thrown.statusCode),
    clientErrorHandler: (thrown, socket) => refuseSocket(socket, thrown.code),
  });
  app.server.maxConnections = maxConnections;
  const rateLimit = new RateLimit(rateLimits);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders);
    const waitMs = rateLimit.take(request.ip, clock.monotonicMs());
    if (waitMs > 0) {
      return answer(reply.header('retry-after', Math.ceil(waitMs / 1000)), 429);
    }
    const verdict = access(request.headers);
    if (verdict === 'granted' || (verdict === 'missing' && isOpen(request))) return;
    if (verdict !== 'foreign') reply.header('www-authenticate', 'Bearer');
    return answer(reply, refusals[verdict]);
  });
  app.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?', 1);
    if (!app.hasRoute({ method: 'GET', url: path })) return answer(reply, 404);
    return answer(reply.header('allow', 'GET, HEAD'), 405);
  });
  app.setErrorHandler((thrown: Error & { statusCode?: number }, _request, reply) => {
    const status = toErrorStatus(thrown.statusCode);
    if (status === 500) log.error(`answer request: ${thrown.stack}`);
    return answer(reply, status);
  });
  return app;
}

/** Routes here have no schemas. Without compilers for them the process is smaller by 5 MB. */
function refuseSchema(): never {
  throw new TypeError('a route has a schema, and there is no compiler for it');
}

/** A load balancer may ask whether the lake is healthy without a token. */
function isOpen(request: FastifyRequest): boolean {
  return request.routeOptions.url === paths.health;
}

function answer(reply: FastifyReply, status: number | undefined): FastifyReply {
  const known = toErrorStatus(status);
  return reply.code(known).headers(securityHeaders).send(formatError(known));
}

const socketErrors: Record<string, 408 | 431> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

/** What is no HTTP never becomes a request. */
function refuseSocket(socket: Socket, code: string): void {
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, error } = formatError(socketErrors[code] ?? 400);
  const body = JSON.stringify({ status, error });
  const head = [
    `HTTP/1.1 ${status} ${error.split(':', 1)[0]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    ...Object.entries(securityHeaders).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
