// A WebSocket server for the tests of this folder: answers SUBSCRIBE as the exchange does, or as the
// test says, and sends what the test says. And the lake as a test sees it: raw lines, in order.

import { EventEmitter, once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Config, parseConfig } from '../lake/config.ts';
import { parsePartFileName, rawDir } from '../lake/layout.ts';

export type Request = { method: string; params: string[]; id: number };

/** What the exchange answers to a request; undefined for no answer. */
export type Answer = (request: Request) => string | undefined;

export const acknowledge: Answer = ({ id }) => JSON.stringify({ result: null, id });

export class ScriptedExchange {
  readonly requests: Request[] = [];
  /** Every connection there was, oldest first. */
  readonly sockets: WebSocket[] = [];
  answer: Answer = acknowledge;
  /** Attempts are refused so, while it is set. */
  refuseWith: { status: number; retryAfterS: number } | undefined;
  /** While the network is cut, attempts break off. */
  isCut = false;
  /** Attempts to connect, successful or not. */
  attempts = 0;
  readonly #events = new EventEmitter();
  readonly #http: Server;
  readonly #server: WebSocketServer;

  constructor(http: Server, server: WebSocketServer) {
    this.#http = http;
    this.#server = server;
    http.on('upgrade', (request, socket, head) => {
      this.attempts++;
      if (this.isCut) {
        socket.destroy();
        return;
      }
      if (this.refuseWith === undefined) {
        server.handleUpgrade(request, socket, head, (ws) => server.emit('connection', ws));
        return;
      }
      const { status, retryAfterS } = this.refuseWith;
      const headers = `Connection: close\r\nRetry-After: ${retryAfterS}\r\nContent-Length: 0`;
      socket.end(`HTTP/1.1 ${status} Refused\r\n${headers}\r\n\r\n`);
    });
    server.on('connection', (socket) => {
      this.sockets.push(socket);
      socket.on('message', (data) => {
        const request = JSON.parse(data.toString()) as Request;
        this.requests.push(request);
        const text = this.answer(request);
        if (text !== undefined) socket.send(text);
        this.#events.emit('change');
      });
      this.#events.emit('change');
    });
  }

  /** The connections that still stand, oldest first. */
  get openSockets(): WebSocket[] {
    return this.sockets.filter((socket) => socket.readyState === socket.OPEN);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** Resolves once `isTrue` holds; looked at after every connection and request. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await once(this.#events, 'change');
  }

  /** Sends to the newest connection. */
  send(frame: string | Buffer, options: { binary?: boolean } = {}): void {
    this.sockets.at(-1)!.send(frame, { binary: options.binary ?? false });
  }

  /** Every connection breaks, and every attempt, until the network is back. */
  cut(): void {
    this.isCut = true;
    for (const socket of this.#server.clients) socket.terminate();
  }

  async close(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    this.#http.closeAllConnections();
    await new Promise<void>((done) => this.#http.close(() => done()));
  }
}

export async function openScriptedExchange(): Promise<ScriptedExchange> {
  const http = createServer();
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const exchange = new ScriptedExchange(http, server);
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return exchange;
}

/** A configuration for the lake at `root`, fed by `url`; `collector` holds YAML of that section. */
export function formatConfig(
  root: string,
  url: string,
  { symbols = ['BTCUSDT'], collector = '{}', restUrl = 'http://127.0.0.1:9' } = {},
): string {
  return [
    `root: ${root}`,
    // Nothing answers REST unless a test says where.
    `exchanges: { binance: { ws_url: "${url}", rest_url: "${restUrl}", symbols: [${symbols.join(', ')}] } }`,
    `collector: ${collector}`,
  ].join('\n');
}

export function makeConfig(...given: Parameters<typeof formatConfig>): Config {
  return parseConfig(formatConfig(...given), {});
}

/** Frames as the exchange sends them: trade `id`, or quote `id` where it is negative. */
export function formatFrame(symbol: string, id: number): string {
  const name = symbol.toLowerCase();
  const us = 1_763_510_400_000_000 + Math.abs(id) * 1000;
  const trade = `{"e":"trade","E":${us},"s":"${symbol}","t":${id},"p":"1.5","q":"2","T":${us},"m":true}`;
  const quote = `{"u":${-id},"s":"${symbol}","b":"1.4","B":"1","a":"1.6","A":"3"}`;
  if (id < 0) return `{"stream":"${name}@bookTicker","data":${quote}}`;
  return `{"stream":"${name}@trade","data":${trade}}`;
}

export type RawPart = { day: string; name: string; isOpen: boolean; bytes: Buffer };

/** The parts of a symbol, in the order of day and number, uncompressed. */
export async function readParts(root: string, symbol = 'BTCUSDT'): Promise<RawPart[]> {
  const directory = rawDir(root, { exchange: 'binance', symbol });
  const parts: RawPart[] = [];
  for (const day of (await readdir(directory)).sort()) {
    for (const name of (await readdir(join(directory, day))).sort()) {
      const parsed = parsePartFileName(name);
      if (parsed === undefined) continue;
      const bytes = await readFile(join(directory, day, name));
      parts.push({ day, name, isOpen: parsed.open, bytes });
    }
  }
  return parts;
}

export type RawLine = { recv: number; conn: string; event?: string; [key: string]: unknown };

/** The lines of a part's bytes, parsed; throws where one is torn. */
export function parseLines(bytes: Buffer): RawLine[] {
  const text = bytes.toString('utf8');
  if (text.length > 0 && !text.endsWith('\n')) throw new Error(`torn line: ${text.slice(-80)}`);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as RawLine);
}

/** The frames of a part's bytes, byte for byte as they stand in `msg`. */
export function cutFrames(bytes: Buffer): string[] {
  return bytes
    .toString('latin1')
    .split('\n')
    .flatMap((line) => /^\{"recv":\d+,"conn":"[^"]*","msg":(.*)\}$/.exec(line)?.[1] ?? [])
    .map((frame) => Buffer.from(frame, 'latin1').toString('utf8'));
}
