// One HTTP GET, read to its end within bounds of time and size. Connections are kept alive and shared by
// all requests of the process. A failed request has its reason in its cause; `formatCause` finds it.

import { formatReason } from '../lake/errors.ts';

export type HttpGet = {
  url: string;
  headers: Readonly<Record<string, string>>;
  withinMs: number;
  maxBytes: number;
  signal: AbortSignal;
};

export type HttpAnswer = { status: number; headers: Headers; body: Buffer };

/** The answer, whatever its status. Rejects with the signal's reason when that is aborted. */
export async function fetchWhole(get: HttpGet): Promise<HttpAnswer> {
  const { url, headers, withinMs, maxBytes, signal } = get;
  const timeout = AbortSignal.timeout(withinMs);
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.any([signal, timeout]) });
    const body = await readBody(response, maxBytes);
    return { status: response.status, headers: response.headers, body };
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    if (timeout.aborted)
      throw new Error(`no answer within ${withinMs / 1000} s`, { cause: thrown });
    throw thrown;
  }
}

async function readBody(response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    // Leaving the loop cancels the rest.
    if (bytes > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The reason of a failed request, one line, without what only says that it failed. */
export function formatCause(thrown: unknown): string {
  if (thrown instanceof AggregateError) return formatCause(thrown.errors[0]);
  const isWrapped = thrown instanceof TypeError && thrown.cause !== undefined;
  return isWrapped ? formatCause(thrown.cause) : formatReason(thrown);
}
