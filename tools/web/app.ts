// The HTTP application without its routes: what is asked of every request before a route sees it, and how
// errors are answered. Every request, its headers, its body and its time are bounded.

import type { Socket } from 'node:net';
import { fastifyCookie } from '@fastify/cookie';
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import type { Clock } from '../../lake/clock.ts';
import type { Config } from '../../lake/config.ts';
import type { ProcessLog } from '../../lake/log.ts';
import { type Access, isCrossSite, type Verdict } from './access.ts';
import { formatError, securityHeaders, toErrorStatus } from './answers.ts';
import type { Child } from './child.ts';
import type { LiveHub } from './live-hub.ts';
import { formatLoginLocation } from './login-location.ts';
import type { DataQuestion, SqlQuestion } from './question.ts';
import { RateLimit } from './rate-limit.ts';
import { Refusal } from './refusal.ts';
import type { Sessions } from './sessions.ts';

export type WebApp = FastifyInstance;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers who brings no token, too. */
    isOpen?: boolean;
    /** A page for people: who brings no token is sent to the page where one logs in. */
    isPage?: boolean;
    /** A file that is the same for all, of which a page needs many: has a budget of its own. */
    isStatic?: boolean;
  }
}

/** How long a request may take to come, how often that is looked at, and how long an answer may go unread. */
export type RequestLimits = { requestWithinMs: number; checkEveryMs: number; readWithinMs: number };

export type WebContext = {
  config: Config;
  clock: Clock;
  log: ProcessLog;
  access: Access;
  sessions: Sessions;
  data: Child<DataQuestion>;
  sql: Child<SqlQuestion>;
  hub: LiveHub;
  limits: RequestLimits;
};

const keepAliveMs = 30_000;
/** Besides those of live streams. */
const maxConnections = 100;
const maxRequestsPerConnection = 10_000;
const maxHeaderBytes = 8192;
const maxBodyBytes = 1024;
const rateLimits = { burst: 100, perSecond: 20, maxAddresses: 10_000 };
const staticRateLimits = { burst: 300, perSecond: 50, maxAddresses: 10_000 };
const refusals: Record<Exclude<Verdict, 'granted'>, 401 | 403> = {
  missing: 401,
  wrong: 401,
  foreign: 403,
};

export function openApp(context: WebContext): WebApp {
  const { config, log, limits } = context;
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
  app.server.maxConnections = maxConnections + config.web.max_streams;
  app.removeContentTypeParser('text/plain');
  // Has its parser loaded; cookies are read where access is judged, not of every request.
  app.register(fastifyCookie, { hook: false });
  addGate(app, context);
  // Its timer runs while nothing is taken; a live stream, which is none of these, has its own bounds.
  app.addHook('onSend', async (_request, { raw }) => {
    raw.setTimeout(limits.readWithinMs, () => raw.destroy());
  });
  app.setNotFoundHandler((request, reply) => {
    const [url = ''] = request.url.split('?', 1);
    const allowed = ['GET', 'HEAD', 'POST'].filter((method) => app.hasRoute({ method, url }));
    if (allowed.length === 0) return answer(reply, 404);
    return answer(reply.header('allow', allowed.join(', ')), 405);
  });
  app.setErrorHandler((thrown: Error & { statusCode?: number }, _request, reply) => {
    if (thrown instanceof Refusal) return refuse(reply, thrown);
    const status = toErrorStatus(thrown.statusCode);
    if (status === 500) log.error(`answer request: ${thrown.stack}`);
    return answer(reply, status);
  });
  return app;
}

/** What is asked of every request first. */
function addGate(app: WebApp, { clock, access, data }: WebContext): void {
  const ofData = new RateLimit(rateLimits);
  const ofStatic = new RateLimit(staticRateLimits);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders);
    const { isOpen, isPage, isStatic } = request.routeOptions.config;
    const waitMs = (isStatic ? ofStatic : ofData).take(request.ip, clock.monotonicMs());
    if (waitMs > 0) {
      return answer(reply.header('retry-after', Math.ceil(waitMs / 1000)), 429);
    }
    if (isCrossSite(request.method, request.headers)) return answer(reply, 403);
    const verdict = access.judge(request.headers);
    // By the time a page has been loaded, the process that it asks will have started.
    if (verdict === 'granted' && isPage) data.warm();
    if (verdict === 'granted' || (isOpen && verdict !== 'foreign' && verdict !== 'wrong')) return;
    if (verdict === 'missing' && isPage) return reply.redirect(formatLoginLocation(request), 303);
    if (verdict !== 'foreign') reply.header('www-authenticate', 'Bearer');
    return answer(reply, refusals[verdict]);
  });
}

/** Routes here have no schemas. Without compilers for them the process is smaller by 5 MB. */
function refuseSchema(): never {
  throw new TypeError('a route has a schema, and there is no compiler for it');
}

function answer(reply: FastifyReply, status: number | undefined): FastifyReply {
  const known = toErrorStatus(status);
  return reply.code(known).headers(securityHeaders).send(formatError(known));
}

function refuse(
  reply: FastifyReply,
  { status, message, retryAfterSeconds }: Refusal,
): FastifyReply {
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return reply
    .code(status)
    .headers(securityHeaders)
    .type('application/json; charset=utf-8')
    .send({ status, error: message });
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
