// One port of the exchange: an HTTP server with REST, archive and control, and the WebSocket streams. All
// ports of an exchange serve the same.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { formatReason, OperationalError } from '../../lake/errors.ts';
import { createRequestHandler, type RequestOptions } from './requests.ts';
import { createUpgradeHandler, type UpgradeOptions } from './upgrade.ts';

export type EndpointOptions = RequestOptions & UpgradeOptions & { host: string; port: number };

export type Endpoint = {
  port: number;
  /** Ends what is open, too. */
  close(): Promise<void>;
};

/** Listens on a port, 0 for any that is free. Throws OperationalError where it cannot. */
export async function openEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const http = createServer(createRequestHandler(options));
  http.on('upgrade', createUpgradeHandler(options));
  const port = await listen(http, options.port, options.host);
  return {
    port,
    close() {
      http.closeAllConnections();
      return new Promise((done) => http.close(() => done()));
    },
  };
}

function listen(http: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (thrown: Error) => {
      const reason = formatReason(thrown);
      const hint = 'give another port, or 0 for any that is free';
      reject(new OperationalError(`listen on ${host}:${port}: ${reason}`, { hint, cause: thrown }));
    };
    http.once('error', fail);
    http.listen(port, host, () => {
      http.off('error', fail);
      resolve((http.address() as AddressInfo).port);
    });
  });
}
