// An answer of a process beside the server on its way to the client: a body as it is, a file piece by piece as the
// client takes it. The file is removed before the first byte is sent, so that nothing is left whatever happens.

import { open, rm } from 'node:fs/promises';
import type { FastifyReply } from 'fastify';
import { toMediaType } from './formats.ts';
import type { Answer, Format } from './question.ts';

export async function sendAnswer(
  reply: FastifyReply,
  answer: Answer,
  format: Format,
  fileName: string | undefined,
): Promise<FastifyReply> {
  reply.type(toMediaType(format));
  if (fileName !== undefined) {
    reply.header('content-disposition', `attachment; filename="${toAscii(fileName)}.${format}"`);
  }
  if ('body' in answer)
    return reply.send(
      Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.byteLength),
    );
  const file = await open(answer.path);
  await rm(answer.path);
  const { size } = await file.stat();
  return reply.header('content-length', size).send(file.createReadStream());
}

/** Aborted when the client goes before it has been answered. */
export function abortWithClient({ raw }: FastifyReply): AbortSignal {
  const abort = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) abort.abort();
  });
  return abort.signal;
}

/** A header takes nothing else; symbols can be in any script. */
function toAscii(name: string): string {
  return name.replaceAll(/[^\w-]/g, '_');
}
