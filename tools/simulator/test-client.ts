// What the tests of the embedded exchange drive it with: a clock that moves when told, and a client on
// a real socket whose messages can be awaited.

import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';
import type { Clock } from '../../lake/clock.ts';

export type ManualClock = Clock & { advance(ms: number): void };

/** 2026-11-20T12:00:00Z. */
export const noonUs = 1_795_176_000_000_000;

export function createManualClock(startUs = noonUs): ManualClock {
  let elapsedMs = 0;
  return {
    nowUs: () => startUs + elapsedMs * 1000,
    monotonicMs: () => elapsedMs,
    advance(ms) {
      elapsedMs += ms;
    },
  };
}

export type Client = {
  ws: WebSocket;
  /** Texts received and not yet taken. */
  messages: string[];
  /** Code and reason of the close. */
  closed: Promise<{ code: number; reason: string }>;
  /** The next `count` messages. */
  take(count: number): Promise<string[]>;
  /** The next message, parsed. */
  takeJson(): Promise<Record<string, unknown>>;
  /** Sends a request and resolves with the answer that carries its id; other messages stay. */
  request(request: { method: string; params?: unknown[]; id: number }): Promise<string>;
};

export async function openClient(url: string, options?: ClientOptions): Promise<Client> {
  const ws = new WebSocket(url, options);
  const messages: string[] = [];
  let wake = () => {};
  ws.on('message', (data) => {
    messages.push(String(data));
    wake();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  await once(ws, 'open');
  // A torn connection shows in `closed`.
  ws.on('error', () => {});
  const change = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  async function take(count: number): Promise<string[]> {
    while (messages.length < count) await change();
    return messages.splice(0, count);
  }
  return {
    ws,
    messages,
    closed,
    take,
    async takeJson() {
      const [text] = await take(1);
      return JSON.parse(text!);
    },
    async request(request) {
      ws.send(JSON.stringify(request));
      for (;;) {
        const index = messages.findIndex((text) => text.endsWith(`"id":${request.id}}`));
        if (index >= 0) return messages.splice(index, 1)[0]!;
        await change();
      }
    },
  };
}

/** The HTTP status with which a connection attempt is refused; 0 for none, the socket is cut. */
export function findRefusal(url: string): Promise<number> {
  const ws = new WebSocket(url);
  return new Promise((resolve, reject) => {
    ws.on('open', () => {
      ws.terminate();
      reject(new Error(`connect ${url}: was accepted`));
    });
    ws.on('unexpected-response', (_, response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    ws.on('error', () => resolve(0));
  });
}
