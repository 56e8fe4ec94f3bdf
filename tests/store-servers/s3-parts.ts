// Uploads in parts as S3 takes them: begun, part by part, then put together or given up. Parts lie on disk until
// then.

import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { answer, type Exchange, readText } from './exchange.ts';
import type { KeptObject, Received, StoredObjects } from './objects.ts';
import { formatXml, refuseS3 } from './s3-errors.ts';

const xml = { 'Content-Type': 'application/xml' };

export type KeepObject = (
  exchange: Exchange,
  received: Received,
  etag: string,
) => Promise<KeptObject>;

export class S3Parts {
  readonly #objects: StoredObjects;
  readonly #uploads = new Map<string, Map<number, Received>>();

  constructor(objects: StoredObjects) {
    this.#objects = objects;
  }

  /** Uploads that were begun and neither completed nor given up: they would be billed. */
  get openUploads(): number {
    return this.#uploads.size;
  }

  begin(exchange: Exchange): void {
    const id = randomUUID();
    this.#uploads.set(id, new Map());
    const body = { Key: exchange.operation.key, UploadId: id };
    answer(exchange, 200, xml, formatXml('InitiateMultipartUploadResult', body));
  }

  async take(exchange: Exchange): Promise<void> {
    const parts = this.#find(exchange);
    if (parts === undefined) return refuseS3(exchange, 404, 'NoSuchUpload');
    const received = await this.#objects.receive(exchange.request);
    parts.set(Number(exchange.url.searchParams.get('partNumber')), received);
    answer(exchange, 200, { ETag: `"${received.md5}"` });
  }

  async complete(exchange: Exchange, isWanted: () => boolean, keep: KeepObject): Promise<void> {
    const parts = this.#find(exchange);
    const text = await readText(exchange.request);
    if (parts === undefined) return refuseS3(exchange, 404, 'NoSuchUpload');
    const named = [...text.matchAll(/<PartNumber>(\d+)</g)].map(([, number]) => Number(number));
    const used = named.map((number) => parts.get(number));
    if (used.some((part) => part === undefined)) return refuseS3(exchange, 400, 'InvalidPart');
    if (!isWanted()) return refuseS3(exchange, 412);
    const received = await this.#objects.receive(readAll(used as Received[]));
    const sums = used.map((part) => Buffer.from(part!.md5, 'hex'));
    const sum = createHash('md5').update(Buffer.concat(sums)).digest('hex');
    const object = await keep(exchange, received, `${sum}-${used.length}`);
    await this.#drop(exchange);
    const body = { Key: exchange.operation.key, ETag: `"${object.etag}"` };
    answer(exchange, 200, xml, formatXml('CompleteMultipartUploadResult', body));
  }

  async giveUp(exchange: Exchange): Promise<void> {
    await this.#drop(exchange);
    answer(exchange, 204, {});
  }

  #find({ url }: Exchange): Map<number, Received> | undefined {
    return this.#uploads.get(url.searchParams.get('uploadId') ?? '');
  }

  async #drop(exchange: Exchange): Promise<void> {
    for (const { path } of this.#find(exchange)?.values() ?? []) await rm(path, { force: true });
    this.#uploads.delete(exchange.url.searchParams.get('uploadId') ?? '');
  }
}

async function* readAll(parts: readonly Received[]): AsyncGenerator<Buffer> {
  for (const { path } of parts) yield* createReadStream(path) as AsyncIterable<Buffer>;
}
