// What a client may ask of its connection: streams in the URL, and SUBSCRIBE and its relatives as
// messages. Decides the new subscription and the literal answer; sends nothing. Names are not
// checked against what is traded: an unknown one is acknowledged and stays silent.
// Source: github.com/binance/binance-spot-api-docs, web-socket-streams.md, 2026-06-09.

import type { TimeUnit } from './frames.ts';

/** What a connection receives and how. `streams` keeps the order of subscription. */
export type Subscription = { streams: Set<string>; combined: boolean; unit: TimeUnit };

/** The answer to a message; `tooManyStreams` means that a close with 1008 follows it. */
export type Answer = { text: string; tooManyStreams?: boolean };

const methods = [
  'SUBSCRIBE',
  'UNSUBSCRIBE',
  'LIST_SUBSCRIPTIONS',
  'SET_PROPERTY',
  'GET_PROPERTY',
] as const;
type Method = (typeof methods)[number];

type Request = { method: Method; params: readonly unknown[]; id: string };

const units: Readonly<Record<string, TimeUnit>> = {
  MICROSECOND: 'us',
  microsecond: 'us',
  MILLISECOND: 'ms',
  millisecond: 'ms',
};

/** The subscription a connection URL asks for; undefined where the exchange has no such path. */
export function parseConnectUrl(url: string): Subscription | undefined {
  const { pathname, searchParams } = new URL(url, 'ws://exchange');
  const unit = units[searchParams.get('timeUnit') ?? 'MILLISECOND'];
  if (unit === undefined) return undefined;
  const [root, ...names] = pathname.split('/').filter((part) => part !== '');
  if (root === 'ws') {
    return { streams: new Set(names.map(decodeURIComponent)), combined: false, unit };
  }
  if (root !== 'stream' || names.length > 0) return undefined;
  const listed = (searchParams.get('streams') ?? '').split('/').filter((name) => name !== '');
  return { streams: new Set(listed), combined: true, unit };
}

/** Carries out a client's message on its subscription and answers it. */
export function answerMessage(
  text: string,
  subscription: Subscription,
  streamsPerConnection: number,
): Answer {
  const request = parseRequest(text);
  if ('text' in request) return request;
  switch (request.method) {
    case 'SUBSCRIBE':
      return subscribe(request, subscription, streamsPerConnection);
    case 'UNSUBSCRIBE': {
      const names = parseNames(request.params);
      if (names === undefined) return refuse('stream names must be strings');
      for (const name of names) subscription.streams.delete(name);
      return confirm(request, null);
    }
    case 'LIST_SUBSCRIPTIONS':
      if (request.params.length > 0) return refuse('too many parameters');
      return confirm(request, [...subscription.streams]);
    case 'SET_PROPERTY':
      return setProperty(request, subscription);
    case 'GET_PROPERTY':
      return getProperty(request, subscription);
  }
}

/** What is sent before the close where a connection has more streams than it may. */
export function formatTooManyStreams(id = 'null'): string {
  return `{"error":{"code":4,"msg":"Too many subscriptions"},"id":${id}}`;
}

function parseRequest(text: string): Request | Answer {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    return { text: formatInvalidJson(text, String(thrown)) };
  }
  const end = text.length;
  if (typeof value !== 'object' || value === null || !('method' in value)) {
    return refuse(`missing field \`method\` at line 1 column ${end}`);
  }
  const { method } = value;
  if (!isMethod(method)) {
    const known = methods.map((name) => `\`${name}\``).join(', ');
    const column = text.indexOf(JSON.stringify(method)) + JSON.stringify(method).length;
    return refuse(`unknown variant ${method}, expected one of ${known} at line 1 column ${column}`);
  }
  const id = findId(text, 'id' in value ? value.id : null);
  if (id === undefined) return refuse('request ID must be an unsigned integer');
  const params = 'params' in value && Array.isArray(value.params) ? value.params : [];
  return { method, params, id };
}

function isMethod(value: unknown): value is Method {
  return (methods as readonly unknown[]).includes(value);
}

/** The id as it stands in the message: 64-bit ids do not survive being parsed. */
function findId(text: string, id: unknown): string | undefined {
  if (id === null) return 'null';
  if (typeof id === 'string')
    return /^[A-Za-z0-9]{0,36}$/.test(id) ? JSON.stringify(id) : undefined;
  if (typeof id !== 'number' || !Number.isInteger(id)) return undefined;
  const written = /"id"\s*:\s*(-?\d+)\s*[,}]/.exec(text)?.[1];
  if (written === undefined) return undefined;
  return BigInt.asIntN(64, BigInt(written)) === BigInt(written) ? written : undefined;
}

function subscribe(request: Request, subscription: Subscription, limit: number): Answer {
  const names = parseNames(request.params);
  if (names === undefined) return refuse('stream names must be strings');
  if (new Set([...subscription.streams, ...names]).size > limit) {
    return { text: formatTooManyStreams(request.id), tooManyStreams: true };
  }
  for (const name of names) subscription.streams.add(name);
  return confirm(request, null);
}

function setProperty(request: Request, subscription: Subscription): Answer {
  const [name, value] = request.params;
  if (request.params.length > 2) return refuse('too many parameters');
  if (typeof name !== 'string') return refuse('property name must be a string');
  if (name !== 'combined') return rejectProperty(request);
  if (typeof value !== 'boolean') {
    return { text: '{"code":1,"msg":"Invalid value type: expected Boolean"}' };
  }
  subscription.combined = value;
  return confirm(request, null);
}

function getProperty(request: Request, subscription: Subscription): Answer {
  const [name] = request.params;
  if (request.params.length > 1) return refuse('too many parameters');
  if (typeof name !== 'string') return refuse('property name must be a string');
  return name === 'combined' ? confirm(request, subscription.combined) : rejectProperty(request);
}

function parseNames(params: readonly unknown[]): string[] | undefined {
  const names = params.filter((name) => typeof name === 'string');
  return names.length === params.length ? names : undefined;
}

function confirm({ id }: Request, result: unknown): Answer {
  return { text: `{"result":${JSON.stringify(result)},"id":${id}}` };
}

function refuse(reason: string): Answer {
  return { text: JSON.stringify({ code: 2, msg: `Invalid request: ${reason}` }) };
}

function rejectProperty({ id }: Request): Answer {
  return { text: `{"code":0,"msg":"Unknown property","id":${id}}` };
}

function formatInvalidJson(text: string, reason: string): string {
  const position = findErrorPosition(text, reason);
  const before = text.slice(0, position).split('\n');
  const column = (before.at(-1)?.length ?? 0) + 1;
  const msg = `Invalid JSON: expected value at line ${before.length} column ${column}`;
  return JSON.stringify({ code: 3, msg });
}

/** The parser names the position in long texts, in short ones only the character. */
function findErrorPosition(text: string, reason: string): number {
  const position = /position (\d+)/.exec(reason)?.[1];
  if (position !== undefined) return Number(position);
  const token = /Unexpected token '(.)'/u.exec(reason)?.[1];
  return token === undefined ? text.length : text.indexOf(token);
}
