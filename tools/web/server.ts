// The server as a whole: application, routes, and the address they are served at. Closing lets requests
// that are under way finish, within a bound.

import type { AddressInfo } from 'node:net';
import type { Clock } from '../../lake/clock.ts';
import type { Config } from '../../lake/config.ts';
import { findErrorCode, formatReason, OperationalError } from '../../lake/errors.ts';
import type { Log } from '../../lake/log.ts';
import { openAccess } from './access.ts';
import { openApp, type RequestLimits, type WebApp } from './app.ts';
import { addHealthRoute } from './health-route.ts';
import { addMetricsRoute } from './metrics-route.ts';
import { addPageRoute } from './page-route.ts';

export type WebServer = {
  /** `http://127.0.0.1:8080` */
  url: string;
  close(): Promise<void>;
};

export type WebOptions = { config: Config; clock: Clock; log: Log; limits?: RequestLimits };

const defaultLimits: RequestLimits = { requestWithinMs: 10_000, checkEveryMs: 5000 };
const closeWithinMs = 5000;

/** Throws OperationalError where the address cannot be listened on. */
export async function openWebServer(options: WebOptions): Promise<WebServer> {
  const { host, port, token } = options.config.web;
  const access = openAccess(token, host);
  const context = { ...options, access, limits: options.limits ?? defaultLimits };
  const app = openApp(context);
  addPageRoute(app, context);
  addHealthRoute(app, context);
  addMetricsRoute(app, context);
  await listen(app, host, port);
  return { url: formatUrl(app), close: () => close(app) };
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

async function close(app: WebApp): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), closeWithinMs);
  await app.close();
  clearTimeout(timer);
}
