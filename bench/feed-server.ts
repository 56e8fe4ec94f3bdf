// The exchange of the benchmarks, a process of its own: acknowledges SUBSCRIBE, and once every stream
// is subscribed sends exactly so many blocks, as fast as the client takes them or at a given rate.
// Tells its parent the port, and later that everything is handed to the kernel.
// Arguments: blocks, messages per second (0 for as fast as it goes).

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { channels, encodeFeed, messagesPerBlock, symbols } from './feed.ts';

const blocks = Number(process.argv[2]);
const perSecond = Number(process.argv[3]);
const feed = encodeFeed();

const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const server = createServer();
server.on('upgrade', (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (client) => {
    let subscribed = 0;
    client.on('message', (data) => {
      const { id, params } = JSON.parse(data.toString()) as { id: number; params: string[] };
      client.send(JSON.stringify({ result: null, id }));
      subscribed += params.length;
      if (subscribed === symbols.length * channels.length) void send(socket);
    });
  });
});
server.listen(0, '127.0.0.1', () =>
  process.send!({ port: (server.address() as AddressInfo).port }),
);
process.once('disconnect', () => process.exit());

async function send(socket: Duplex): Promise<void> {
  const startedMs = performance.now();
  for (let block = 0; block < blocks; block++) {
    if (perSecond > 0) {
      const dueMs = startedMs + (block * messagesPerBlock * 1000) / perSecond;
      const aheadMs = dueMs - performance.now();
      if (aheadMs > 1) await wait(aheadMs);
    }
    if (!socket.write(feed[block % feed.length]!)) await once(socket, 'drain');
  }
  process.send!({ sentMs: performance.now() - startedMs });
}
