// A webhook's receiver for tests: keeps what arrives, and answers as it is told to.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Message } from '../tools/alerting/alert.ts';

export type Answer = { status: number; body?: string; headers?: Record<string, string> } | 'hang';

export type Receiver = {
  url: string;
  /** What arrived and was answered by 200, and everything that arrived. */
  received: Message[];
  seen: Message[];
  /** Raw bodies and request heads, as bytes went over the wire. */
  wire: string[];
  answer: Answer;
  /** Resolves with the messages when there are so many. */
  until(count: number): Promise<Message[]>;
  close(): Promise<void>;
};

export async function openReceiver(path = '/hook'): Promise<Receiver> {
  let onChange = () => {};
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const { answer } = receiver;
    const message = JSON.parse(body) as Message;
    receiver.wire.push(`${request.method} ${JSON.stringify(request.headers)} ${body}`);
    receiver.seen.push(message);
    if (answer !== 'hang') {
      response.writeHead(answer.status, answer.headers).end(answer.body ?? 'ok');
      if (answer.status === 200) receiver.received.push(message);
    }
    onChange();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}${path}`,
    received: [],
    seen: [],
    wire: [],
    answer: { status: 200 },
    async until(count) {
      while (receiver.received.length < count) {
        await new Promise<void>((done) => {
          onChange = done;
        });
      }
      return receiver.received;
    },
    close() {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
  return receiver;
}
