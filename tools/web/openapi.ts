// The OpenAPI document, made of the same schemas by which parameters are read: what is served is what is described.
// Holds no effects.

import { z } from 'zod';
import { answerSchemas, errorSchema, eventSchemas } from './answer-schemas.ts';
import { paths } from './answers.ts';
import { endpoints } from './endpoints.ts';
import { toMediaType } from './formats.ts';
import { loginBody } from './login-route.ts';
import { formats } from './question.ts';
import { sqlBody, sqlPath, sqlQuery } from './sql-route.ts';
import { streamPath, streamQuery } from './stream-route.ts';

type Path = keyof typeof answerSchemas;

export function formatOpenApi(version: string): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Crypto Lake',
      version,
      description:
        'What the lake holds, down to the running second. Times are UTC; `from` is inclusive, `to` is exclusive.',
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }, { session: [] }, {}],
    paths: {
      ...Object.fromEntries(
        endpoints.map((endpoint) => [
          endpoint.path,
          { get: endpoint.hasFormats ? describeRows(endpoint) : describeGet(endpoint) },
        ]),
      ),
      [streamPath]: { get: describeStream() },
      [sqlPath]: { post: describeSql() },
      '/api/health': {
        get: describeGet({ path: '/api/health', summary: 'Verdict and heartbeat, for a page.' }),
      },
      [paths.health]: { get: describeHealth() },
      [paths.metrics]: { get: describeMetrics() },
      [paths.login]: { post: describeLogin() },
      [paths.logout]: { post: describeLogout() },
    },
    components: {
      schemas: { Error: toJson(errorSchema) },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'crypto_lake_session' },
      },
    },
  };
}

type Described = { path: string; summary: string; query?: z.ZodObject };

function describeGet({ path, summary, query }: Described) {
  return {
    summary,
    parameters: describeParameters(query),
    responses: { 200: describeJson('What was asked for.', path), ...errors },
  };
}

function describeRows({ path, summary, query }: Described) {
  const other = formats.slice(1).map((format) => [toMediaType(format).split(';', 1)[0], {}]);
  const json = describeJson('What was asked for; as a file where another format is.', path);
  const content = { ...json.content, ...Object.fromEntries(other) };
  return {
    summary,
    parameters: describeParameters(query),
    responses: { 200: { ...json, content }, ...errors },
  };
}

function describeSql() {
  const rows = describeRows({
    path: sqlPath,
    summary: 'Runs one SQL statement that reads, within the limits of the configuration.',
    query: sqlQuery,
  });
  const requestBody = {
    required: true,
    content: { 'application/json': { schema: toJson(sqlBody) } },
  };
  const tooLong = { 422: describeError('It took too long and was stopped.') };
  return { ...rows, requestBody, responses: { ...rows.responses, ...tooLong } };
}

function describeStream() {
  const events = Object.entries(eventSchemas).map(([event, schema]) => ({
    type: 'object',
    properties: { event: { const: event }, data: toJson(schema) },
  }));
  return {
    summary:
      'Live bars and quotes as server-sent events. A bar comes again while it grows and when it changes; ' +
      'who connects again with the id of the last event, or with `from`, misses no final bar.',
    parameters: [
      ...describeParameters(streamQuery),
      {
        name: 'Last-Event-ID',
        in: 'header',
        required: false,
        description: 'The id of the last event that was seen; a browser sends it by itself.',
        schema: { type: 'string' },
      },
    ],
    responses: {
      200: {
        description: 'The stream.',
        content: { 'text/event-stream': { schema: { oneOf: events } } },
      },
      ...errors,
    },
  };
}

function describeHealth() {
  const verdict = (text: string) => describeJson(text, paths.health);
  return {
    summary: 'Whether the lake is healthy. Without access, that word alone.',
    security: [{}],
    parameters: [],
    responses: { 200: verdict('It is.'), 503: verdict('It is not.') },
  };
}

function describeMetrics() {
  const content = { 'text/plain': { schema: { type: 'string' } } };
  return {
    summary: 'Metrics in the text format of Prometheus.',
    parameters: [],
    responses: { 200: { description: 'The metrics.', content }, ...errors },
  };
}

function describeLogin() {
  return {
    summary: 'Opens a session for a browser: a cookie.',
    security: [{}],
    requestBody: {
      required: true,
      content: { 'application/json': { schema: toJson(loginBody) } },
    },
    responses: { 204: { description: 'The cookie is set.' }, ...errors },
  };
}

function describeLogout() {
  return {
    summary: 'Ends the session.',
    security: [{}],
    responses: { 204: { description: 'The cookie is gone.' }, ...errors },
  };
}

function describeParameters(query: z.ZodObject | undefined) {
  return Object.entries(query?.shape ?? {}).map(([name, schema]) => {
    const { description, example, ...json } = toJson(schema as z.ZodType);
    const required = !(schema as z.ZodType).safeParse(undefined).success;
    return {
      name,
      in: 'query',
      required,
      description,
      schema: json,
      ...(example ? { example } : {}),
    };
  });
}

function describeJson(description: string, path: string) {
  const schema = toJson(answerSchemas[path as Path]);
  return { description, content: { 'application/json': { schema } } };
}

function describeError(description: string) {
  const schema = { $ref: '#/components/schemas/Error' };
  return { description, content: { 'application/json': { schema } } };
}

const errors = {
  400: describeError('Something about the request is wrong; the answer says what.'),
  401: describeError('A token is needed, or the one that was sent is wrong.'),
  403: describeError('Asked by a page of another site, or under a name that is not the server’s.'),
  404: describeError('There is no such symbol; the answer says which there are.'),
  429: describeError('Too many requests of this address; see Retry-After.'),
  503: describeError('The server is busy, or the lake cannot be read; see Retry-After.'),
};

function toJson(schema: z.ZodType): Record<string, unknown> {
  const { $schema, ...json } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return json;
}
