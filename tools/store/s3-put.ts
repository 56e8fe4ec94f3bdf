// One file on its way into a bucket that speaks S3: whole, or in parts where it is large. What fails in the
// middle leaves no parts behind, which would be billed and never be seen.

import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { OperationalError } from '../../lake/errors.ts';
import { planPartBytes } from './s3-etag.ts';
import { readSentFile } from './sent-file.ts';
import type { LocalFile } from './store.ts';
import { planAnswerMs, type TimeLimits, within } from './time-limits.ts';

export type S3Put = {
  client: S3Client;
  /** Bucket, key and preconditions. */
  target: Pick<PutObjectCommandInput, 'Bucket' | 'Key' | 'IfMatch' | 'IfNoneMatch'>;
  file: LocalFile;
  limits: TimeLimits;
  /** Whether the store knows AWS's checksums; every store knows MD5. */
  hasChecksums: boolean;
  signal: AbortSignal;
};

const contentType = { ContentType: 'application/octet-stream' };

export async function putWhole(put: S3Put): Promise<void> {
  const { client, target, file, limits, hasChecksums } = put;
  const digest = hasChecksums
    ? { ChecksumCRC32: file.crc32 }
    : { ContentMD5: Buffer.from(file.md5, 'hex').toString('base64') };
  await withBody(put, async (body, signal) => {
    const Body = file.bytes === 0 ? Buffer.alloc(0) : body;
    const input = { ...target, ...contentType, ...digest, ContentLength: file.bytes, Body };
    await within(planAnswerMs(limits, file.bytes), signal, (abortSignal) =>
      client.send(new PutObjectCommand(input), { abortSignal }),
    );
  });
}

export async function putInParts(put: S3Put, minPartBytes: number): Promise<void> {
  const { target, file, limits, hasChecksums } = put;
  const partSize = planPartBytes(file.bytes, minPartBytes);
  await withBody(put, async (Body, signal) => {
    const upload = new Upload({
      client: boundClient(put.client, planAnswerMs(limits, partSize), signal),
      partSize,
      // Parts are held in memory.
      queueSize: 1,
      params: {
        ...target,
        ...contentType,
        ...(hasChecksums && { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' }),
        ContentLength: file.bytes,
        Body,
      },
    });
    await upload.done();
  });
}

/** A stream of the file for the client, which does not notice when it fails. */
async function withBody(
  { file, signal }: S3Put,
  work: (body: Readable, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const stop = () => failed.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const body = Readable.from(readSentFile(file, signal));
  // Other errors are those with which the client itself ends the stream.
  body.on('error', (thrown) => thrown instanceof OperationalError && failed.abort(thrown));
  try {
    await work(body, failed.signal);
  } catch (thrown) {
    failed.signal.throwIfAborted();
    throw thrown;
  } finally {
    signal.removeEventListener('abort', stop);
    body.destroy();
  }
}

/** The client with a bound on every request, of which only the one that cleans up outlives the signal. */
function boundClient(client: S3Client, withinMs: number, signal: AbortSignal): S3Client {
  const send = (command: Parameters<S3Client['send']>[0]) => {
    const isCleanup = command instanceof AbortMultipartUploadCommand;
    const until = isCleanup ? new AbortController().signal : signal;
    return within(withinMs, until, (abortSignal) => client.send(command, { abortSignal }));
  };
  return Object.create(client, { send: { value: send } });
}
