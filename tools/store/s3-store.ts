// A bucket of S3, or of anything that speaks S3. The client's own retries are off: it cannot send a stream
// twice, and who calls sends the file again from disk. What arrived is judged by what the store says when
// asked afresh: an ETag that is an MD5 (of the content, or of its parts), else the checksum AWS keeps, else
// the content itself. Other stores than AWS are asked for nothing that is younger than MD5.

import type { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { OperationalError } from '../../lake/errors.ts';
import { type StoreAction, tellFailure, tellMissing } from './failure.ts';
import { FreshClient } from './fresh-client.ts';
import { measureBytes } from './local-file.ts';
import { formatNamePrefix, formatObjectName, parseObjectName } from './object-key.ts';
import { probeStore } from './probe.ts';
import { receiveObject } from './received-file.ts';
import { measurePartedEtag, planPartBytes } from './s3-etag.ts';
import { isNotFound, isNotImplemented, isWithoutReason, tellS3Failure } from './s3-failure.ts';
import { describeHead, describeListed, formatCondition } from './s3-object.ts';
import { putInParts, putWhole } from './s3-put.ts';
import {
  hasContent,
  type LocalFile,
  type ObjectStore,
  type Precondition,
  type StoredObject,
} from './store.ts';
import { planAnswerMs, type TimeLimits, unlessAborted, within } from './time-limits.ts';
import { confirmWritten } from './written.ts';

export type S3StoreOptions = {
  bucketName: string;
  prefix: string;
  /** Of the bucket, or nothing for the client's choice. */
  region: string;
  /** Another address than AWS, or nothing. */
  endpoint: string;
  /** Whether the store keeps CRC-32 of whole objects, as AWS does. */
  hasChecksums: boolean;
  limits: TimeLimits;
  /** Larger files are sent in parts ... */
  wholeBytes: number;
  /** ... of at least that size (5 MiB or more), each held in memory. */
  partBytes: number;
  tempFolder: string;
};

const connectWithinMs = 10_000;
/** What fails is thrown, and told by who calls. */
const silent = { debug() {}, info() {}, warn() {}, error() {}, trace() {} };
const pageSize = 1000;

export class S3Store implements ObjectStore {
  readonly name = 's3';
  readonly url: string;
  readonly #options: S3StoreOptions;
  readonly #client: FreshClient<S3Client>;
  #heedsPreconditions = true;

  constructor(options: S3StoreOptions) {
    this.#options = options;
    this.url = `s3://${formatNamePrefix(options.bucketName, options.prefix)}`.replace(/\/$/, '');
    this.#client = new FreshClient(() => this.#open());
  }

  async check(signal: AbortSignal): Promise<string[]> {
    const limits = await probeStore(this, this.#options.tempFolder, signal);
    if (this.#heedsPreconditions) return limits;
    return [
      ...limits,
      'knows no preconditions: two lakes below one prefix may overwrite each other',
    ];
  }

  head(key: string, signal: AbortSignal): Promise<StoredObject | undefined> {
    return this.#act('look at', key, signal, (client) => this.#find(client, key, signal));
  }

  async *list(prefix: string, signal: AbortSignal): AsyncGenerator<StoredObject> {
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        Bucket: this.#options.bucketName,
        Prefix: formatNamePrefix(this.#options.prefix, prefix),
        MaxKeys: pageSize,
        ContinuationToken: token,
      });
      const page = await this.#act('list', prefix, signal, (client) =>
        this.#within(0, signal, (abortSignal) => client.send(command, { abortSignal })),
      );
      for (const listed of page.Contents ?? []) {
        yield describeListed(parseObjectName(this.#options.prefix, String(listed.Key)), listed);
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async put(
    key: string,
    file: LocalFile,
    precondition: Precondition,
    signal: AbortSignal,
  ): Promise<StoredObject> {
    await this.#act('put', key, signal, async (client, action) => {
      try {
        await this.#send(client, key, file, precondition, signal, action);
      } catch (thrown) {
        if (!this.#heedsPreconditions || !isNotImplemented(thrown)) throw thrown;
        this.#heedsPreconditions = false;
        await this.#send(client, key, file, precondition, signal, action);
      }
    });
    return confirmWritten(this, key, file, signal);
  }

  async holds(object: StoredObject, file: LocalFile, signal: AbortSignal): Promise<boolean> {
    const known = hasContent(object, file);
    if (known !== undefined) return known;
    if (object.version === file.md5) return true;
    if (/-\d+$/.test(object.version)) {
      const partBytes = planPartBytes(file.bytes, this.#options.partBytes);
      if (object.version === (await measurePartedEtag(file, partBytes, signal))) return true;
    }
    const fresh = await this.head(object.key, signal);
    if (fresh === undefined) return false;
    return hasContent(fresh, file) ?? (await this.#readMd5(fresh, signal)) === file.md5;
  }

  get(key: string, path: string, signal: AbortSignal): Promise<void> {
    return this.#act('get', key, signal, async (client, action) => {
      const object = await this.#find(client, key, signal);
      if (object === undefined) throw tellMissing(action);
      await this.#read(client, object, signal, (chunks) =>
        receiveObject(object, path, chunks, action),
      );
    });
  }

  delete(key: string, signal: AbortSignal): Promise<void> {
    return this.#act('delete', key, signal, async (client) => {
      const command = new DeleteObjectCommand(this.#locate(key));
      await this.#within(0, signal, (abortSignal) => client.send(command, { abortSignal }));
    });
  }

  async #send(
    client: S3Client,
    key: string,
    file: LocalFile,
    precondition: Precondition,
    signal: AbortSignal,
    action: StoreAction,
  ): Promise<void> {
    const { limits, hasChecksums, wholeBytes, partBytes } = this.#options;
    const isLarge = file.bytes > wholeBytes;
    if (isLarge || !this.#heedsPreconditions) {
      const there = await this.#find(client, key, signal);
      if (there?.version !== (precondition === 'absent' ? undefined : precondition.version)) {
        throw tellFailure('precondition', action, 'another object is there');
      }
    }
    const condition = this.#heedsPreconditions ? formatCondition(precondition) : {};
    const target = { ...this.#locate(key), ...condition };
    const put = { client, target, file, limits, hasChecksums, signal };
    try {
      await (isLarge ? putInParts(put, partBytes) : putWhole(put));
    } catch (thrown) {
      // What was to be replaced has gone.
      if (precondition === 'absent' || !isNotFound(thrown)) throw thrown;
      throw tellFailure('precondition', action, 'no object is there');
    }
  }

  async #find(
    client: S3Client,
    key: string,
    signal: AbortSignal,
  ): Promise<StoredObject | undefined> {
    const checksums = this.#options.hasChecksums ? ({ ChecksumMode: 'ENABLED' } as const) : {};
    const command = new HeadObjectCommand({ ...this.#locate(key), ...checksums });
    try {
      const head = await this.#within(0, signal, (abortSignal) =>
        client.send(command, { abortSignal }),
      );
      return describeHead(key, head);
    } catch (thrown) {
      if (isNotFound(thrown)) return undefined;
      if (isWithoutReason(thrown)) await this.#findReason(client, key, signal);
      throw thrown;
    }
  }

  /** An answer to HEAD has no body that says why: the same refusal of a GET does. */
  async #findReason(client: S3Client, key: string, signal: AbortSignal): Promise<void> {
    const { Bucket, Key } = this.#locate(key);
    const command = new ListObjectsV2Command({ Bucket, Prefix: Key, MaxKeys: 1 });
    await this.#within(0, signal, (abortSignal) => client.send(command, { abortSignal }));
  }

  #readMd5(object: StoredObject, signal: AbortSignal): Promise<string> {
    return this.#act('read', object.key, signal, (client) =>
      this.#read(client, object, signal, async (chunks) => (await measureBytes(chunks)).md5),
    );
  }

  #read<T>(
    client: S3Client,
    object: StoredObject,
    signal: AbortSignal,
    work: (chunks: Readable) => Promise<T>,
  ): Promise<T> {
    const input = { ...this.#locate(object.key), IfMatch: `"${object.version}"` };
    return this.#within(object.bytes, signal, async (abortSignal) => {
      const { Body } = await client.send(new GetObjectCommand(input), { abortSignal });
      const chunks = Body as Readable;
      abortSignal.addEventListener('abort', () => chunks.destroy(abortSignal.reason), {
        once: true,
      });
      return work(chunks);
    });
  }

  #locate(key: string): { Bucket: string; Key: string } {
    const { bucketName, prefix } = this.#options;
    return { Bucket: bucketName, Key: formatObjectName(prefix, key) };
  }

  #within<T>(
    bytes: number,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return within(planAnswerMs(this.#options.limits, bytes), signal, work);
  }

  #open(): S3Client {
    const { region, endpoint, limits } = this.#options;
    return new S3Client({
      // Stores of one's own have no regions, and the signature needs one.
      ...(region !== '' ? { region } : endpoint !== '' && { region: 'us-east-1' }),
      ...(endpoint !== '' && { endpoint, forcePathStyle: true }),
      maxAttempts: 1,
      logger: silent,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: { connectionTimeout: Math.min(connectWithinMs, limits.answerMs) },
    });
  }

  #act<T>(
    verb: string,
    key: string,
    signal: AbortSignal,
    work: (client: S3Client, action: StoreAction) => Promise<T>,
  ): Promise<T> {
    const action = { verb, object: `${this.url}/${key}` };
    return this.#client.use(async (client) => {
      try {
        signal.throwIfAborted();
        await this.#prepare(client, action, signal);
        return await work(client, action);
      } catch (thrown) {
        signal.throwIfAborted();
        throw thrown instanceof OperationalError ? thrown : tellS3Failure(thrown, action);
      }
    });
  }

  /** Has credentials ready, so that a failure to get them is told from a failure of the request. */
  async #prepare(client: S3Client, action: StoreAction, signal: AbortSignal): Promise<void> {
    await this.#within(0, signal, (bound) => unlessAborted(bound, client.config.credentials()));
    await client.config.region().catch((thrown: unknown) => {
      throw tellFailure('refused', action, String(thrown), { refused: 'set s3.region' });
    });
  }
}
