// What a day folder of raw parts holds, for who puts many parts into it: listed once, and from then on kept up to
// date by what its manifest has grown by. Other processes may write there at the same time: a number they have
// taken since is found when it is claimed, and then the folder is listed again. Reads only.

import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findErrorCode } from '../../lake/errors.ts';
import { parsePartFileName, rawManifestName } from '../../lake/layout.ts';
import { type PartRecord, parsePartRecords } from '../../lake/part-manifest.ts';

export class DayFolder {
  readonly path: string;
  readonly #records = new Map<string, PartRecord>();
  /** The manifest that was read, and how much of it: up to its last whole line. */
  #inode = 0n;
  #readBytes = 0;
  #last = 0;

  private constructor(path: string) {
    this.path = path;
  }

  static async open(path: string): Promise<DayFolder> {
    const folder = new DayFolder(path);
    await folder.list();
    return folder;
  }

  /** Takes in the files that are there. */
  async list(): Promise<void> {
    this.#note(await readdir(this.path));
  }

  /** The highest number in use, by a file when it was listed or by a line of the manifest as it is now. */
  async findLastNumber(): Promise<number> {
    await this.#readManifest();
    return this.#last;
  }

  /** A number was taken here. */
  noteTaken(number: number): void {
    this.#last = Math.max(this.#last, number);
  }

  /** What the manifest says of a part as it is now. */
  async findRecord(part: string): Promise<PartRecord | undefined> {
    await this.#readManifest();
    return this.#records.get(part);
  }

  #note(names: Iterable<string>): void {
    for (const name of names) this.noteTaken(parsePartFileName(name)?.number ?? 0);
  }

  async #readManifest(): Promise<void> {
    const file = await openIfPresent(join(this.path, rawManifestName));
    if (file === undefined) return this.#records.clear();
    try {
      const { ino, size } = await file.stat({ bigint: true });
      if (ino !== this.#inode || size < this.#readBytes) {
        // Another file: the numbers of the one before stay in use.
        this.#inode = ino;
        this.#readBytes = 0;
        this.#records.clear();
      }
      if (size > this.#readBytes) await this.#readRest(file, Number(size));
    } finally {
      await file.close();
    }
  }

  async #readRest(file: FileHandle, size: number): Promise<void> {
    const rest = Buffer.alloc(size - this.#readBytes);
    const { bytesRead } = await file.read(rest, 0, rest.length, this.#readBytes);
    const records = parsePartRecords(rest.toString('utf8', 0, bytesRead));
    for (const [part, record] of records) this.#records.set(part, record);
    this.#note(records.keys());
    // A line that is torn, or being written, is read again.
    this.#readBytes += rest.subarray(0, bytesRead).lastIndexOf('\n') + 1;
  }
}

/** The day folder that was used last: parts that come one after another mostly go into the same one. */
export class DayFolders {
  #last: DayFolder | undefined;

  async find(path: string): Promise<DayFolder> {
    if (this.#last?.path !== path) this.#last = await DayFolder.open(path);
    return this.#last;
  }
}

async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (thrown) {
    if (findErrorCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}
