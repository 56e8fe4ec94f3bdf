// The server below every kind of store: listens on 127.0.0.1, strikes with the faults it is given, counts what
// was asked for. What the requests mean is said by the protocol it is opened with. Shares nothing with the
// clients.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Exchange, Operation } from './exchange.ts';
import { Faults } from './faults.ts';
import { StoredObjects } from './objects.ts';

export type Protocol = {
  /** What a request asks for. */
  parse(request: IncomingMessage, url: URL): Operation;
  handle(exchange: Exchange): Promise<void>;
  /** An error in the store's own form. */
  refuse(exchange: Exchange, status: number, code?: string): void;
};

export type StoreServer = {
  url: string;
  faults: Faults;
  objects: StoredObjects;
  /** Requests since the start, by operation. */
  counts: Map<string, number>;
  close(): Promise<void>;
};

export async function startStoreServer(
  folder: string,
  crc: (bytes: Uint8Array, before?: number) => number,
  open: (objects: StoredObjects) => Protocol,
): Promise<StoreServer> {
  const faults = new Faults();
  const objects = new StoredObjects(folder, crc);
  const counts = new Map<string, number>();
  const protocol = open(objects);
  const server = createServer((request, response) => {
    void serve({ protocol, faults, counts }, request, response).catch(() => response.destroy());
  });
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    objects,
    counts,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

type Serving = { protocol: Protocol; faults: Faults; counts: Map<string, number> };

async function serve(
  { protocol, faults, counts }: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const operation = protocol.parse(request, url);
  counts.set(operation.name, (counts.get(operation.name) ?? 0) + 1);
  const fault = faults.take(operation.name, operation.key);
  const exchange = { operation, request, response, url, fault };
  if (fault?.kind === 'hang') {
    request.resume();
    return;
  }
  if (fault?.kind === 'slow') await sleep(fault.ms);
  if (fault?.kind === 'reset' && operation.name !== 'get') {
    await readHalf(request);
    request.socket.destroy();
    return;
  }
  if (fault?.kind === 'status') {
    request.resume();
    protocol.refuse(exchange, fault.status, fault.code);
    return;
  }
  await protocol.handle(exchange);
  // Of a request that was refused nothing may be left on the connection.
  request.resume();
}

/** As much as has come when half of the content has; of content of unknown length the first piece. */
async function readHalf(request: IncomingMessage): Promise<void> {
  const half = Number(request.headers['content-length'] ?? 0) / 2;
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes >= half) return;
  }
}
