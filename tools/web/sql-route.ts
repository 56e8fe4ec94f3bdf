// `POST /api/sql`: SQL of a person, in a process of its own. Takes JSON alone, which no form of another site can send.
// Who goes away has the query stopped.

import { z } from 'zod';
import type { WebApp, WebContext } from './app.ts';
import { chooseFormat } from './formats.ts';
import { download, format, parseParameters } from './parameters.ts';
import { Refusal } from './refusal.ts';
import { abortWithClient, sendAnswer } from './send-answer.ts';

export const sqlPath = '/api/sql';
export const sqlQuery = z.strictObject({ format, download });
export const sqlBody = z.strictObject({
  sql: z.string().max(60_000).meta({ description: 'One statement that reads.' }),
  limit: z.int().min(1).max(100_000).optional().meta({ description: 'Rows of a JSON answer.' }),
});

const maxBodyBytes = 65_536;
/** What names the tail wants it up to date. */
const readsTail = /_(live|tail)/i;

export function addSqlRoute(app: WebApp, { config, data, sql }: WebContext): void {
  const { sql_rows: maxRows } = config.web;
  app.post(sqlPath, { bodyLimit: maxBodyBytes }, async (request, reply) => {
    const query = parseParameters(sqlQuery, request.query);
    const body = sqlBody.safeParse(request.body);
    if (!body.success) {
      throw new Refusal(
        400,
        'bad request: send a JSON object with the key sql, and limit where wanted',
      );
    }
    const wanted = chooseFormat(query.format, request.headers.accept);
    const limit = Math.min(body.data.limit ?? maxRows, maxRows);
    const signal = abortWithClient(reply);
    if (readsTail.test(body.data.sql)) await data.ask({ about: 'freshen' }, signal);
    const question = { sql: body.data.sql, format: wanted, limit };
    const answer = await sql.ask(question, signal);
    const isFile = query.download === '1' || wanted !== 'json';
    return sendAnswer(reply, answer, wanted, isFile ? 'query' : undefined);
  });
}
