// The server as a whole: application, routes, and the address they are served at. Closing lets requests
// that are under way finish, within a bound.

import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../lake/clock.ts';
import type { Config } from '../../lake/config.ts';
import { findErrorCode, formatReason, OperationalError } from '../../lake/errors.ts';
import type { ProcessLog } from '../../lake/log.ts';
import { openAccess } from './access.ts';
import { openApp, type RequestLimits, type WebApp } from './app.ts';
import { addAssetsRoute } from './assets-route.ts';
import { Child } from './child.ts';
import { addDataRoutes } from './data-routes.ts';
import { addHealthRoute } from './health-route.ts';
import { LiveHub } from './live-hub.ts';
import { addLoginRoutes } from './login-route.ts';
import { addMetricsRoute } from './metrics-route.ts';
import { addOpenApiRoute } from './openapi-route.ts';
import type { DataQuestion, SqlQuestion } from './question.ts';
import { Sessions } from './sessions.ts';
import { addSqlRoute } from './sql-route.ts';
import { addStreamRoute } from './stream-route.ts';

export type WebServer = {
  /** `http://127.0.0.1:8080` */
  url: string;
  close(): Promise<void>;
};

export type WebOptions = { config: Config; clock: Clock; log: ProcessLog; limits?: RequestLimits };

const defaultLimits: RequestLimits = {
  requestWithinMs: 10_000,
  checkEveryMs: 5000,
  readWithinMs: 60_000,
};
const dataLimits = { maxRunning: 64, maxQuestions: 64, answerWithinMs: 30_000 };
/** One query at a time has all the memory there is. */
const sqlLimits = { maxRunning: 1, maxQuestions: 8 };
/** Beyond the time a query has, for it to say that it was stopped. */
const sqlGraceMs = 1000;
const closeWithinMs = 5000;

/** Throws OperationalError where the address cannot be listened on. */
export async function openWebServer(options: WebOptions): Promise<WebServer> {
  const { config, clock } = options;
  const { host, port, token } = config.web;
  const sessions = new Sessions(() => randomBytes(32).toString('base64url'));
  const access = openAccess(token, host, (id) => sessions.isOpen(id, clock.monotonicMs()));
  const data = new Child<DataQuestion>({ ...options, ...dataLimits, mode: 'web-data' });
  const answerWithinMs = config.web.sql_seconds * 1000 + sqlGraceMs;
  const sql = new Child<SqlQuestion>({ ...options, ...sqlLimits, mode: 'web-sql', answerWithinMs });
  const hub = new LiveHub(data, clock, options.log);
  const limits = options.limits ?? defaultLimits;
  const context = { ...options, access, sessions, data, sql, hub, limits };
  const app = openApp(context);
  await addAssetsRoute(app);
  addHealthRoute(app, context);
  addMetricsRoute(app, context);
  addLoginRoutes(app, context);
  addDataRoutes(app, context);
  addStreamRoute(app, context);
  addSqlRoute(app, context);
  addOpenApiRoute(app);
  await listen(app, host, port);
  return { url: formatUrl(app), close: () => close(app, [data, sql]) };
}

async function listen(app: WebApp, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (thrown) {
    const code = findErrorCode(thrown);
    const reason = code === 'EADDRINUSE' ? 'the address is in use' : formatReason(thrown);
    throw new OperationalError(`listen on ${host} port ${port}: ${reason}`, {
      hint: 'set web.host and web.port to an address of this machine that is free',
      retryable: true,
      cause: thrown,
    });
  }
}

function formatUrl(app: WebApp): string {
  const { address, port } = app.server.address() as AddressInfo;
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

async function close(app: WebApp, children: readonly { close(): Promise<void> }[]): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), closeWithinMs);
  await app.close();
  await Promise.all(children.map((child) => child.close()));
  clearTimeout(timer);
}
