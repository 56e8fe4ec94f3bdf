// The objects of a store's server: content on disk, the rest in memory. What is received is digested as it
// passes, so memory does not grow with content. Counts how often each object was written.

import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { mkdir, open, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Content that has arrived, not yet an object. */
export type Received = {
  path: string;
  bytes: number;
  md5: string;
  /** CRC-32 or, where the server keeps that instead, CRC-32C. */
  crc: number;
};

export type KeptObject = Received & { name: string; generation: number; etag: string };

export class StoredObjects {
  readonly #folder: string;
  readonly #crc: (bytes: Uint8Array, before?: number) => number;
  readonly #objects = new Map<string, KeptObject>();
  readonly #writes = new Map<string, number>();
  #generation = 1_700_000_000_000_000;

  constructor(folder: string, crc: (bytes: Uint8Array, before?: number) => number) {
    this.#folder = folder;
    this.#crc = crc;
  }

  /** Where content can be kept until it is an object. */
  async makePath(): Promise<string> {
    await mkdir(this.#folder, { recursive: true });
    return join(this.#folder, randomUUID());
  }

  async receive(chunks: AsyncIterable<Uint8Array>): Promise<Received> {
    const path = await this.makePath();
    const file = await open(path, 'wx');
    const md5 = createHash('md5');
    let [bytes, sum] = [0, 0];
    try {
      for await (const chunk of chunks) {
        md5.update(chunk);
        sum = this.#crc(chunk, sum);
        bytes += chunk.length;
        await file.writeFile(chunk);
      }
    } catch (thrown) {
      await rm(path, { force: true });
      throw thrown;
    } finally {
      await file.close();
    }
    return { path, bytes, md5: md5.digest('hex'), crc: sum };
  }

  /** Makes it an object, in place of the one of that name. */
  async commit(name: string, received: Received, etag = received.md5): Promise<KeptObject> {
    await this.remove(name);
    const kept = { ...received, name, etag, generation: ++this.#generation };
    this.#objects.set(name, kept);
    this.#writes.set(name, this.countWrites(name) + 1);
    return kept;
  }

  find(name: string): KeptObject | undefined {
    return this.#objects.get(name);
  }

  /** How often an object of that name was written since the start. */
  countWrites(name: string): number {
    return this.#writes.get(name) ?? 0;
  }

  get names(): string[] {
    return [...this.#objects.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  /** Those after `after`, by name; `next` where there are more. */
  list(prefix: string, after: string, limit: number): { page: KeptObject[]; next?: string } {
    const names = this.names.filter((name) => name.startsWith(prefix) && name > after);
    const page = names.slice(0, limit).map((name) => this.#objects.get(name)!);
    return names.length > limit ? { page, next: page.at(-1)!.name } : { page };
  }

  read(object: KeptObject): ReadStream {
    return createReadStream(object.path);
  }

  async remove(name: string): Promise<void> {
    const old = this.#objects.get(name);
    this.#objects.delete(name);
    if (old !== undefined) await rm(old.path, { force: true });
  }

  /** The same number of other bytes. */
  async corrupt(received: Received): Promise<Received> {
    await truncate(received.path, Math.max(0, received.bytes - 1));
    if (received.bytes > 0) await writeFile(received.path, '!', { flag: 'a' });
    const again = await this.receive(createReadStream(received.path));
    await rm(received.path);
    return again;
  }

  async plant(name: string, content: string): Promise<void> {
    await this.commit(name, await this.receive(asChunks(content)));
    this.#writes.delete(name);
  }
}

async function* asChunks(content: string): AsyncGenerator<Buffer> {
  yield Buffer.from(content);
}
