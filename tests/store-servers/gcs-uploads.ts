// Uploads as Google Cloud Storage takes them: in one request of two parts, or in pieces to a session, each but
// the last answered with 308.

import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { answer, type Exchange, readText } from './exchange.ts';
import type { Fault } from './faults.ts';
import { refuseGcs } from './gcs-errors.ts';
import type { KeptObject, Received, StoredObjects } from './objects.ts';

/** Pieces but the last are multiples of it. */
const pieceBytes = 256 * 1024;

type Metadata = { name?: string; md5Hash?: string };
type Session = {
  name: string;
  metadata: Metadata;
  generation: string | null;
  path: string;
  bytes: number;
  /** What is to go wrong when it ends. */
  fault: Fault | undefined;
};

export class GcsUploads {
  readonly #objects: StoredObjects;
  readonly #sessions = new Map<string, Session>();
  readonly #describe: (object: KeptObject, exchange: Exchange) => string;

  constructor(
    objects: StoredObjects,
    describe: (object: KeptObject, exchange: Exchange) => string,
  ) {
    this.#objects = objects;
    this.#describe = describe;
  }

  /** Sessions that were begun and neither ended nor given up. */
  get openSessions(): number {
    return this.#sessions.size;
  }

  async takeWhole(exchange: Exchange): Promise<void> {
    const { request, url, operation } = exchange;
    const boundary = /boundary="?([^";]+)"?/.exec(request.headers['content-type'] ?? '')?.[1];
    if (boundary === undefined) return refuseGcs(exchange, 400);
    const { head, content } = await splitRelated(request, boundary);
    const received = await this.#objects.receive(content);
    const generation = url.searchParams.get('ifGenerationMatch');
    const metadata = JSON.parse(head) as Metadata;
    await this.#finish(exchange, operation.key, metadata, generation, received);
  }

  async begin(exchange: Exchange): Promise<void> {
    const { request, url, operation } = exchange;
    const generation = url.searchParams.get('ifGenerationMatch');
    const metadata = JSON.parse((await readText(request)) || '{}') as Metadata;
    if (!this.#isWanted(operation.key, generation)) return refuseGcs(exchange, 412);
    const id = randomUUID();
    const path = await this.#objects.makePath();
    this.#sessions.set(id, {
      name: operation.key,
      metadata,
      generation,
      path,
      bytes: 0,
      fault: undefined,
    });
    const location = new URL(`http://${request.headers.host}${url.pathname}`);
    location.search = String(new URLSearchParams({ uploadType: 'resumable', upload_id: id }));
    answer(exchange, 200, { Location: String(location) });
  }

  findName(id: string | null): string {
    return this.#sessions.get(id ?? '')?.name ?? '';
  }

  async takePiece(exchange: Exchange): Promise<void> {
    const { request, url } = exchange;
    const id = url.searchParams.get('upload_id') ?? '';
    const session = this.#sessions.get(id);
    if (session === undefined) return refuseGcs(exchange, 410);
    const range = /^bytes (?:(\d+)-(\d+|\*)|\*)\/(\d+|\*)$/.exec(
      request.headers['content-range'] ?? '',
    );
    const first = Number(range?.[1] ?? session.bytes);
    if (range === null || first !== session.bytes) return refuseGcs(exchange, 400);
    if (['corrupt', 'vanish'].includes(exchange.fault?.kind ?? '')) session.fault = exchange.fault;
    for await (const chunk of request) {
      await appendFile(session.path, chunk as Buffer);
      session.bytes += (chunk as Buffer).length;
    }
    const isLast = range[3] === '*' ? range[2] === '*' : Number(range[3]) === session.bytes;
    if (!isLast) return this.#askForMore(exchange, session);
    this.#sessions.delete(id);
    const { name, metadata, generation } = session;
    const content = session.bytes === 0 ? Readable.from([]) : createReadStream(session.path);
    const received = await this.#objects.receive(content);
    await rm(session.path, { force: true });
    await this.#finish(
      { ...exchange, fault: session.fault ?? exchange.fault },
      name,
      metadata,
      generation,
      received,
    );
  }

  #askForMore(exchange: Exchange, { bytes }: Session): void {
    if (bytes % pieceBytes !== 0) refuseGcs(exchange, 400);
    else answer(exchange, 308, bytes === 0 ? {} : { Range: `bytes=0-${bytes - 1}` });
  }

  async #finish(
    exchange: Exchange,
    name: string,
    { md5Hash }: Metadata,
    generation: string | null,
    arrived: Received,
  ): Promise<void> {
    const isDamaged =
      md5Hash !== undefined && Buffer.from(md5Hash, 'base64').toString('hex') !== arrived.md5;
    if (isDamaged || !this.#isWanted(name, generation)) {
      await rm(arrived.path);
      return refuseGcs(exchange, isDamaged ? 400 : 412);
    }
    const kind = exchange.fault?.kind;
    const received = kind === 'corrupt' ? await this.#objects.corrupt(arrived) : arrived;
    const object = await this.#objects.commit(name, received);
    const body = this.#describe(object, exchange);
    if (kind === 'vanish') await this.#objects.remove(name);
    answer(exchange, 200, { 'Content-Type': 'application/json; charset=UTF-8' }, body);
  }

  #isWanted(name: string, generation: string | null): boolean {
    return (
      generation === null || Number(generation) === (this.#objects.find(name)?.generation ?? 0)
    );
  }
}

/** The two parts of a multipart/related body: the first whole, the second as it comes. */
async function splitRelated(
  request: AsyncIterable<Buffer>,
  boundary: string,
): Promise<{ head: string; content: AsyncGenerator<Buffer> }> {
  const chunks = request[Symbol.asyncIterator]();
  const start = /^--.*?\r\n(?:.+\r\n)*\r\n([\s\S]*?)\r\n--.*\r\n(?:.+\r\n)*\r\n/;
  let read = Buffer.alloc(0);
  let match: RegExpExecArray | null = null;
  while (match === null) {
    const { value, done } = await chunks.next();
    if (done === true) throw new Error('the body ended before its second part');
    read = Buffer.concat([read, value]);
    match = start.exec(read.toString('latin1'));
  }
  const rest = read.subarray(match[0].length);
  const head = Buffer.from(match[1]!, 'latin1').toString('utf8');
  return { head, content: takeUntilEnd(rest, chunks, `\r\n--${boundary}--`) };
}

async function* takeUntilEnd(
  first: Buffer,
  chunks: AsyncIterator<Buffer>,
  end: string,
): AsyncGenerator<Buffer> {
  let held = first;
  for (;;) {
    const { value, done } = await chunks.next();
    if (done === true) break;
    yield held.subarray(0, Math.max(0, held.length - end.length));
    held = Buffer.concat([held.subarray(Math.max(0, held.length - end.length)), value]);
  }
  if (!held.toString('latin1').endsWith(end)) throw new Error('the body ended in the middle');
  yield held.subarray(0, held.length - end.length);
}
