// One request to a store's server, as its handlers see it, and the answers they give.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Fault } from './faults.ts';
import type { KeptObject, StoredObjects } from './objects.ts';

/** What a request asks for, as the server names it. */
export type Operation = { name: string; key: string };

export type Exchange = {
  operation: Operation;
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  /** What is to go wrong while it is handled. */
  fault: Fault | undefined;
};

export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Answers, unless the connection is to be closed instead. */
export function answer(
  { response, fault }: Exchange,
  status: number,
  headers: Record<string, string | number>,
  body = '',
): void {
  if (fault?.kind === 'no-answer') response.destroy();
  else
    response.writeHead(status, { 'Content-Length': Buffer.byteLength(body), ...headers }).end(body);
}

/** Sends an object's content; half of it where the connection is to be closed. */
export async function sendContent(
  { response, fault }: Exchange,
  objects: StoredObjects,
  object: KeptObject,
  headers: Record<string, string | number>,
): Promise<void> {
  response.writeHead(200, { 'Content-Length': object.bytes, ...headers });
  if (fault?.kind !== 'reset') return pipeline(objects.read(object), response);
  const half = Math.floor(object.bytes / 2);
  for await (const chunk of objects.read(object)) {
    response.write((chunk as Buffer).subarray(0, half));
    break;
  }
  await new Promise((sent) => response.socket?.write('', sent));
  response.destroy();
}
