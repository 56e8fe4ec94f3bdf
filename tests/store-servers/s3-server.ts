// A server that speaks S3 for one bucket, addressed by path: PutObject, uploads in parts, preconditions, MD5 and
// CRC-32, HeadObject, GetObject, ListObjectsV2 with pages, DeleteObject. Knows the key ids of its users and
// does not check their signatures.
// https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html (2026-11-20)

import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { crc32 } from 'node:zlib';
import { answer, type Exchange, type Operation, sendContent } from './exchange.ts';
import type { KeptObject, Received } from './objects.ts';
import { formatXml, refuseS3 } from './s3-errors.ts';
import { S3Parts } from './s3-parts.ts';
import { type Protocol, type StoreServer, startStoreServer } from './store-server.ts';

export type S3ServerOptions = {
  folder: string;
  bucket: string;
  /** Key ids that are known; any where it is not given. */
  keyIds?: readonly string[];
  maxPageSize?: number;
  /** What it makes of If-Match and If-None-Match: AWS heeds them, others refuse them or take no notice. */
  preconditions?: 'heed' | 'refuse' | 'ignore';
  /** Objects are encrypted with a key of the user's: their ETag is no MD5. */
  isKeyed?: boolean;
  /** Whether it keeps CRC-32 of objects, as AWS does. */
  hasChecksums?: boolean;
};

export type S3Server = StoreServer & { countUploads(): number };

/** Operations: `put`, `begin`, `part`, `complete`, `give-up`, `head`, `get`, `list`, `delete`. */
export async function startS3Server(options: S3ServerOptions): Promise<S3Server> {
  let parts!: S3Parts;
  const server = await startStoreServer(options.folder, crc32, (objects) => {
    parts = new S3Parts(objects);
    return new S3Protocol(options, objects, parts);
  });
  return { ...server, countUploads: () => parts.openUploads };
}

type Objects = StoreServer['objects'];

class S3Protocol implements Protocol {
  readonly refuse = refuseS3;
  readonly #options: S3ServerOptions;
  readonly #objects: Objects;
  readonly #parts: S3Parts;

  constructor(options: S3ServerOptions, objects: Objects, parts: S3Parts) {
    this.#options = options;
    this.#objects = objects;
    this.#parts = parts;
  }

  parse({ method }: IncomingMessage, url: URL): Operation {
    const [, , ...steps] = url.pathname.split('/');
    const key = decodeURIComponent(steps.join('/'));
    const query = url.searchParams;
    if (query.has('list-type')) return { name: 'list', key: query.get('prefix') ?? '' };
    if (query.has('uploads')) return { name: 'begin', key };
    if (query.has('uploadId')) {
      const names: Record<string, string> = { PUT: 'part', POST: 'complete', DELETE: 'give-up' };
      return { name: names[method ?? ''] ?? 'unknown', key };
    }
    const names: Record<string, string> = {
      PUT: 'put',
      HEAD: 'head',
      GET: 'get',
      DELETE: 'delete',
    };
    return { name: names[method ?? ''] ?? 'unknown', key };
  }

  async handle(exchange: Exchange): Promise<void> {
    const { operation, request, url } = exchange;
    const { bucket, keyIds, preconditions } = this.#options;
    const [, keyId = ''] = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
    if (keyIds?.includes(keyId) === false) return refuseS3(exchange, 403, 'InvalidAccessKeyId');
    if (url.pathname.split('/')[1] !== bucket) return refuseS3(exchange, 404, 'NoSuchBucket');
    const isWrite = ['put', 'complete'].includes(operation.name);
    const hasCondition = 'if-match' in request.headers || 'if-none-match' in request.headers;
    if (isWrite && hasCondition && preconditions === 'refuse') return refuseS3(exchange, 501);
    if (operation.name === 'put') return this.#put(exchange);
    if (operation.name === 'begin') return this.#parts.begin(exchange);
    if (operation.name === 'part') return this.#parts.take(exchange);
    if (operation.name === 'complete') {
      return this.#parts.complete(exchange, () => this.#isWanted(exchange), this.#keep);
    }
    if (operation.name === 'give-up') return this.#parts.giveUp(exchange);
    if (operation.name === 'list') return this.#list(exchange);
    if (operation.name === 'delete') {
      await this.#objects.remove(operation.key);
      return answer(exchange, 204, {});
    }
    const found = this.#objects.find(operation.key);
    if (found === undefined) return refuseS3(exchange, 404);
    if (operation.name === 'head') return this.#head(exchange, found);
    if (!this.#isWanted(exchange)) return refuseS3(exchange, 412);
    await sendContent(exchange, this.#objects, found, { ETag: `"${found.etag}"` });
  }

  async #put(exchange: Exchange): Promise<void> {
    const { request, operation } = exchange;
    if (!this.#isWanted(exchange)) {
      const isGone = this.#objects.find(operation.key) === undefined;
      return refuseS3(exchange, isGone ? 404 : 412);
    }
    const received = await this.#objects.receive(request);
    const { 'content-md5': md5, 'x-amz-checksum-crc32': sum } = request.headers;
    const isWhole = Number(request.headers['content-length']) === received.bytes;
    const isMd5 = md5 === undefined || md5 === asBase64(received.md5);
    const isCrc32 = sum === undefined || sum === asBase64(formatCrc32(received));
    // Another request may have come first.
    if (!isWhole || !isMd5 || !isCrc32 || !this.#isWanted(exchange)) {
      await rm(received.path);
      if (!isWhole) return refuseS3(exchange, 400, 'IncompleteBody');
      return isMd5 && isCrc32 ? refuseS3(exchange, 412) : refuseS3(exchange, 400, 'BadDigest');
    }
    const { etag } = await this.#keep(exchange, received, received.md5);
    answer(exchange, 200, { ETag: `"${etag}"` });
  }

  readonly #keep = async (
    { operation, fault }: Exchange,
    arrived: Received,
    etag: string,
  ): Promise<KeptObject> => {
    const received = fault?.kind === 'corrupt' ? await this.#objects.corrupt(arrived) : arrived;
    const honest = fault?.kind === 'corrupt' ? received.md5 : etag;
    const shown = this.#options.isKeyed === true ? randomUUID().replaceAll('-', '') : honest;
    const object = await this.#objects.commit(operation.key, received, shown);
    if (fault?.kind === 'vanish') await this.#objects.remove(operation.key);
    return object;
  };

  #head(exchange: Exchange, found: KeptObject): void {
    const { isKeyed, hasChecksums } = this.#options;
    const isWrong = exchange.fault?.kind === 'misreport';
    const sum = isWrong ? '00000000' : formatCrc32(found);
    exchange.response.writeHead(200, {
      'Content-Length': found.bytes,
      ETag: `"${isWrong ? '0'.repeat(32) : found.etag}"`,
      ...(isKeyed && { 'x-amz-server-side-encryption': 'aws:kms' }),
      ...(hasChecksums && {
        'x-amz-checksum-crc32': asBase64(sum),
        'x-amz-checksum-type': 'FULL_OBJECT',
      }),
    });
    exchange.response.end();
  }

  #list(exchange: Exchange): void {
    const query = exchange.url.searchParams;
    const max = this.#options.maxPageSize ?? 1000;
    const limit = Math.min(max, Number(query.get('max-keys') ?? max));
    const after = Buffer.from(query.get('continuation-token') ?? '', 'base64').toString('utf8');
    const { page, next } = this.#objects.list(query.get('prefix') ?? '', after, limit);
    const body = formatXml('ListBucketResult', {
      Name: this.#options.bucket,
      KeyCount: page.length,
      IsTruncated: next !== undefined,
      ...(next !== undefined && { NextContinuationToken: Buffer.from(next).toString('base64') }),
      Contents: page.map(({ name, bytes, etag }) => ({
        Key: name,
        Size: bytes,
        ETag: `"${etag}"`,
      })),
    });
    answer(exchange, 200, { 'Content-Type': 'application/xml' }, body);
  }

  #isWanted({ request, operation }: Exchange): boolean {
    if (this.#options.preconditions === 'ignore') return true;
    const { 'if-match': match, 'if-none-match': noneMatch } = request.headers;
    const found = this.#objects.find(operation.key);
    if (noneMatch === '*' && found !== undefined) return false;
    return match === undefined || match === `"${found?.etag}"`;
  }
}

function asBase64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

function formatCrc32({ crc }: Received): string {
  return crc.toString(16).padStart(8, '0');
}
