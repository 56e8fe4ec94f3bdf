// `GET /api/stream`: live bars and quotes as server-sent events, for so many clients at a time and no more. Goes on from
// `from`, or from the id of the last event a client has seen.

import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Instrument } from '../../lake/layout.ts';
import { securityHeaders } from './answers.ts';
import type { WebApp, WebContext } from './app.ts';
import { LiveClient, parseEventId } from './live-client.ts';
import { exchange, from, interval, parseParameters, symbolList } from './parameters.ts';
import { Refusal } from './refusal.ts';
import { abortWithClient } from './send-answer.ts';

export const streamPath = '/api/stream';
export const streamQuery = z.strictObject({ symbol: symbolList, exchange, interval, from });

export function addStreamRoute(app: WebApp, context: WebContext): void {
  const { config, data, hub } = context;
  const clients = new Set<LiveClient>();
  let taken = 0;

  app.get(streamPath, { exposeHeadRoute: false }, async (request, reply) => {
    const query = parseParameters(streamQuery, request.query);
    if (taken >= config.web.max_streams) {
      throw new Refusal(503, 'too many live streams: close one, or raise web.max_streams', 10);
    }
    const { raw } = reply;
    const signal = abortWithClient(reply);
    taken += 1;
    raw.once('close', () => {
      taken -= 1;
    });
    const wanted = query.symbol.map((symbol) => ({ symbol, exchange: query.exchange }));
    const answer = await data.ask({ about: 'resolve', wanted }, signal);
    if (!('body' in answer)) throw new Refusal(503, 'the lake cannot be read', 1);
    const instruments = JSON.parse(Buffer.from(answer.body).toString()) as Instrument[];
    const fromUs = findStart(request, instruments.length, query);
    reply.hijack();
    // Nothing would tell of it a second time.
    if (signal.aborted) return;
    const headers = {
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    };
    raw.writeHead(200, { ...securityHeaders, ...headers });
    const client = new LiveClient(raw, { instruments, interval: query.interval, fromUs });
    clients.add(client);
    raw.once('close', () => clients.delete(client));
    await client.start(data, hub).catch(({ message }) => client.end(message));
  });
  app.addHook('preClose', async () => {
    hub.close();
    for (const client of clients) client.end('the server is stopping; connect again');
  });
}

function findStart(
  { headers }: FastifyRequest,
  count: number,
  query: z.output<typeof streamQuery>,
): (number | undefined)[] {
  const given = headers['last-event-id'];
  if (given === undefined) return Array<number | undefined>(count).fill(query.from);
  const found = parseEventId(String(given), count, query.interval);
  // A browser that connects again sends both: what is before `from` was never wanted.
  if (found !== undefined) return found.map((us) => us && Math.max(us, query.from ?? 0));
  throw new Refusal(400, 'bad request: Last-Event-ID is not one of this stream; leave it out');
}
