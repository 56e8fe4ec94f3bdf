// The routes of the API that show the lake's data: parameters to a question, the data process's answer to the
// client. A client that goes away takes its question back.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { WebApp, WebContext } from './app.ts';
import { type Endpoint, endpoints } from './endpoints.ts';
import { chooseFormat } from './formats.ts';
import { parseParameters } from './parameters.ts';
import { abortWithClient, sendAnswer } from './send-answer.ts';

/** A file of millions of rows takes its time. */
const fileWithinMs = 300_000;

export function addDataRoutes(app: WebApp, context: WebContext): void {
  for (const endpoint of endpoints) {
    app.get(endpoint.path, (request, reply) => serve(endpoint, context, request, reply));
  }
}

async function serve(
  endpoint: Endpoint,
  { data, config }: WebContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const query = parseParameters(endpoint.query, request.query);
  const format = endpoint.hasFormats ? chooseFormat(query.format, request.headers.accept) : 'json';
  const question = endpoint.ask(query, format, config.web.export_rows);
  const withinMs = format === 'json' ? undefined : fileWithinMs;
  const answer = await data.ask(question, abortWithClient(reply), withinMs);
  const isFile = query.download === '1';
  const fileName = isFile ? endpoint.nameFile?.(query) : undefined;
  return sendAnswer(reply, answer, format, fileName);
}
