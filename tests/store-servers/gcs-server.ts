// A server that speaks the JSON interface of Google Cloud Storage for one bucket: simple and resumable
// uploads, generations and their preconditions, metadata, pages of listings, downloads, deletions.
// https://cloud.google.com/storage/docs/json_api/v1 (2026-11-20)

import { crc32c } from './crc32c.ts';
import { answer, type Exchange, sendContent } from './exchange.ts';
import { refuseGcs } from './gcs-errors.ts';
import { GcsUploads } from './gcs-uploads.ts';
import type { KeptObject } from './objects.ts';
import { type StoreServer, startStoreServer } from './store-server.ts';

export type GcsServerOptions = {
  folder: string;
  bucket: string;
  /** Whether a request's token is a valid one; every request is served where it is not given. */
  accepts?: (authorization: string | undefined) => boolean;
  maxPageSize?: number;
};

export type GcsServer = StoreServer & { countSessions(): number };

const json = { 'Content-Type': 'application/json; charset=UTF-8' };

/** Operations: `put`, `begin`, `piece`, `head`, `get`, `list`, `delete`. */
export async function startGcsServer(options: GcsServerOptions): Promise<GcsServer> {
  const { bucket, accepts = () => true, maxPageSize = 1000 } = options;
  let uploads!: GcsUploads;
  const server = await startStoreServer(options.folder, crc32c, (objects) => {
    uploads = new GcsUploads(objects, (object, exchange) => describe(object, bucket, exchange));
    const list = (exchange: Exchange) => {
      const query = exchange.url.searchParams;
      const limit = Math.min(maxPageSize, Number(query.get('maxResults') ?? maxPageSize));
      const after = Buffer.from(query.get('pageToken') ?? '', 'base64').toString('utf8');
      const { page, next } = objects.list(query.get('prefix') ?? '', after, limit);
      const items = page.map((object) => JSON.parse(describe(object, bucket, exchange)));
      const token = next && { nextPageToken: Buffer.from(next).toString('base64') };
      answer(exchange, 200, json, JSON.stringify({ kind: 'storage#objects', items, ...token }));
    };
    const handlers: Record<string, (exchange: Exchange, found: KeptObject) => unknown> = {
      head: (exchange, found) => answer(exchange, 200, json, describe(found, bucket, exchange)),
      get: (exchange, found) => sendContent(exchange, objects, found, {}),
      delete: async (exchange, found) => {
        await objects.remove(found.name);
        answer(exchange, 204, {});
      },
    };
    return {
      refuse: refuseGcs,
      parse({ method }, url) {
        const [, name] = /\/o\/(.+)$/.exec(url.pathname) ?? [];
        const query = url.searchParams;
        if (query.has('upload_id'))
          return { name: 'piece', key: uploads.findName(query.get('upload_id')) };
        if (query.has('uploadType')) {
          const isWhole = query.get('uploadType') === 'multipart';
          return { name: isWhole ? 'put' : 'begin', key: query.get('name') ?? '' };
        }
        if (name === undefined) return { name: 'list', key: query.get('prefix') ?? '' };
        const kind = method === 'DELETE' ? 'delete' : query.get('alt') === 'media' ? 'get' : 'head';
        return { name: kind, key: decodeURIComponent(name) };
      },
      async handle(exchange) {
        const { operation, request, url } = exchange;
        if (!accepts(request.headers.authorization)) return refuseGcs(exchange, 401);
        if (!url.pathname.includes(`/b/${bucket}/o`)) return refuseGcs(exchange, 404);
        if (operation.name === 'put') return uploads.takeWhole(exchange);
        if (operation.name === 'begin') return uploads.begin(exchange);
        if (operation.name === 'piece') return uploads.takePiece(exchange);
        if (operation.name === 'list') return list(exchange);
        const found = objects.find(operation.key);
        if (found === undefined) return refuseGcs(exchange, 404);
        await handlers[operation.name]!(exchange, found);
      },
    };
  });
  return { ...server, countSessions: () => uploads.openSessions };
}

function describe(object: KeptObject, bucket: string, { fault }: Exchange): string {
  const md5 = fault?.kind === 'misreport' ? '0'.repeat(32) : object.md5;
  return JSON.stringify({
    kind: 'storage#object',
    bucket,
    name: object.name,
    generation: String(object.generation),
    size: String(object.bytes),
    md5Hash: Buffer.from(md5, 'hex').toString('base64'),
    crc32c: Buffer.from(object.crc.toString(16).padStart(8, '0'), 'hex').toString('base64'),
  });
}
