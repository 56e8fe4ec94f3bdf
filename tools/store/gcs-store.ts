// A bucket of Google Cloud Storage, through Google's client. The client's own retries are off: it cannot send
// a stream twice, and who calls sends the file again from disk. Every request has a bound of time of its
// own. What arrived is judged by the MD5 the store reports when asked afresh.

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type File, type FileMetadata, Storage } from '@google-cloud/storage';
import { OperationalError } from '../../lake/errors.ts';
import { type StoreAction, tellMissing } from './failure.ts';
import { FreshClient } from './fresh-client.ts';
import { tellGcsFailure, tellTokenFailure } from './gcs-failure.ts';
import { measureBytes } from './local-file.ts';
import { formatNamePrefix, formatObjectName, parseObjectName } from './object-key.ts';
import { probeStore } from './probe.ts';
import { receiveObject } from './received-file.ts';
import { readSentFile } from './sent-file.ts';
import {
  hasContent,
  type LocalFile,
  type ObjectStore,
  type Precondition,
  type StoredObject,
} from './store.ts';
import { planAnswerMs, type TimeLimits, unlessAborted, within } from './time-limits.ts';
import { confirmWritten } from './written.ts';

export type GcsStoreOptions = {
  bucketName: string;
  prefix: string;
  /** Another address of the API, or nothing. */
  apiEndpoint: string;
  /** Whether requests to another address carry credentials, as those to Google always do. */
  hasCredentials: boolean;
  limits: TimeLimits;
  /** Larger files are sent in pieces of that size, a multiple of 256 KiB; held in memory. */
  chunkBytes: number;
  tempFolder: string;
};

const pageSize = 1000;

export class GcsStore implements ObjectStore {
  readonly name = 'gcs';
  readonly url: string;
  readonly #options: GcsStoreOptions;
  readonly #client: FreshClient<Storage>;

  constructor(options: GcsStoreOptions) {
    this.#options = options;
    this.url = `gs://${formatNamePrefix(options.bucketName, options.prefix)}`.replace(/\/$/, '');
    this.#client = new FreshClient(() => this.#open());
  }

  check(signal: AbortSignal): Promise<string[]> {
    return probeStore(this, this.#options.tempFolder, signal);
  }

  head(key: string, signal: AbortSignal): Promise<StoredObject | undefined> {
    return this.#act('look at', key, signal, 0, async (client, bound) => {
      try {
        const request = this.#locate(client, key).getMetadata();
        const [metadata] = await unlessAborted(bound, request);
        return this.#describe(metadata);
      } catch (thrown) {
        if (isNotFound(thrown)) return undefined;
        throw thrown;
      }
    });
  }

  async *list(prefix: string, signal: AbortSignal): AsyncGenerator<StoredObject> {
    let pageToken: string | undefined;
    do {
      const query = {
        prefix: formatNamePrefix(this.#options.prefix, prefix),
        maxResults: pageSize,
        autoPaginate: false,
        ...(pageToken !== undefined && { pageToken }),
      };
      const [files, next] = await this.#act('list', prefix, signal, 0, (client, bound) =>
        unlessAborted(bound, client.bucket(this.#options.bucketName).getFiles(query)),
      );
      for (const { metadata } of files) yield this.#describe(metadata);
      pageToken = (next as { pageToken?: string } | null)?.pageToken;
    } while (pageToken !== undefined);
  }

  async put(
    key: string,
    file: LocalFile,
    precondition: Precondition,
    signal: AbortSignal,
  ): Promise<StoredObject> {
    const generation = precondition === 'absent' ? 0 : parseGeneration(precondition.version);
    await this.#act('put', key, signal, file.bytes, (client, bound, action) =>
      this.#send(this.#locate(client, key), file, generation, bound).catch((thrown) => {
        throw thrown instanceof OperationalError
          ? thrown
          : tellGcsFailure(thrown, action, 'content');
      }),
    );
    return confirmWritten(this, key, file, signal);
  }

  async holds(object: StoredObject, file: LocalFile, signal: AbortSignal): Promise<boolean> {
    const known = hasContent(object, file);
    if (known !== undefined) return known;
    // An object that others have put together of several has no MD5.
    const { md5 } = await this.#act('read', object.key, signal, object.bytes, (client, bound) =>
      measureBytes(this.#read(client, object.key, bound)),
    );
    return md5 === file.md5;
  }

  async get(key: string, path: string, signal: AbortSignal): Promise<void> {
    const object = await this.head(key, signal);
    if (object === undefined) throw tellMissing({ verb: 'get', object: `${this.url}/${key}` });
    await this.#act('get', key, signal, object.bytes, (client, bound, action) =>
      receiveObject(object, path, this.#read(client, key, bound), action),
    );
  }

  delete(key: string, signal: AbortSignal): Promise<void> {
    return this.#act('delete', key, signal, 0, async (client, bound) => {
      const request = this.#locate(client, key).delete({ ignoreNotFound: true });
      await unlessAborted(bound, request);
    });
  }

  async #send(file: File, local: LocalFile, generation: string | 0, signal: AbortSignal) {
    const { limits, chunkBytes } = this.#options;
    const isLarge = local.bytes > chunkBytes;
    const timeout = planAnswerMs(limits, Math.min(local.bytes, chunkBytes));
    // The client waits for ever for answers to what it is sending.
    file.interceptors.push({
      request: (request) => Object.assign(request as { uri: string }, { timeout }),
    });
    const stream = file.createWriteStream({
      resumable: isLarge,
      ...(isLarge && { chunkSize: chunkBytes }),
      // Its own digest takes more time than the sending.
      validation: false,
      preconditionOpts: { ifGenerationMatch: generation },
      metadata: {
        contentType: 'application/octet-stream',
        md5Hash: Buffer.from(local.md5, 'hex').toString('base64'),
      },
    });
    await pipeline(Readable.from(readSentFile(local, signal)), stream, { signal });
  }

  #read(client: Storage, key: string, signal: AbortSignal): Readable {
    const stream = this.#locate(client, key).createReadStream({
      validation: false,
      decompress: false,
    });
    // The client listens to it in more ways than Node finds healthy.
    stream.once('response', (response) => response.setMaxListeners(20));
    const stop = () => stream.destroy(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    return stream.once('close', () => signal.removeEventListener('abort', stop));
  }

  #locate(client: Storage, key: string): File {
    const name = formatObjectName(this.#options.prefix, key);
    return client.bucket(this.#options.bucketName).file(name);
  }

  #describe(metadata: FileMetadata): StoredObject {
    const { name, size, generation, md5Hash } = metadata;
    return {
      key: parseObjectName(this.#options.prefix, String(name)),
      bytes: Number(size),
      version: String(generation),
      md5: md5Hash === undefined ? undefined : Buffer.from(md5Hash, 'base64').toString('hex'),
      crc32: undefined,
    };
  }

  #open(): Storage {
    const { apiEndpoint, hasCredentials, limits } = this.#options;
    return new Storage({
      ...(apiEndpoint !== '' && { apiEndpoint, useAuthWithCustomEndpoint: hasCredentials }),
      // An object is named by its bucket alone, and to look for the project takes seconds.
      projectId: 'unused',
      timeout: limits.answerMs,
      retryOptions: { autoRetry: false, retryableErrorFn: () => false },
    });
  }

  /** `bytes`: the content that the action moves, for which it is given time. */
  #act<T>(
    verb: string,
    key: string,
    signal: AbortSignal,
    bytes: number,
    work: (client: Storage, signal: AbortSignal, action: StoreAction) => Promise<T>,
  ): Promise<T> {
    const action = { verb, object: `${this.url}/${key}` };
    return this.#client.use(async (client) => {
      try {
        return await within(planAnswerMs(this.#options.limits, bytes), signal, async (bound) => {
          await this.#authorize(client, bound, action);
          return work(client, bound, action);
        });
      } catch (thrown) {
        signal.throwIfAborted();
        throw thrown instanceof OperationalError ? thrown : tellGcsFailure(thrown, action);
      }
    });
  }

  /** Has a token ready, so that a failure to get one is told from a failure of the request. */
  async #authorize(client: Storage, signal: AbortSignal, action: StoreAction): Promise<void> {
    if (this.#options.apiEndpoint !== '' && !this.#options.hasCredentials) return;
    try {
      await unlessAborted(signal, client.authClient.getAccessToken());
    } catch (thrown) {
      signal.throwIfAborted();
      throw tellTokenFailure(thrown, action);
    }
  }
}

function isNotFound(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 404;
}

/** As Google names it; what is none is the version of no object. */
function parseGeneration(version: string): string {
  return /^\d+$/.test(version) && Number(version) > 0 ? version : '1';
}
