// A store that is a plain folder: another disk, or a share that is mounted. An object appears by link or
// rename, after its bytes are synced and have been read back. The folder itself is never made: below a mount
// point whose disk is missing lies the very disk that is to be spared. Nor is it ever the lake's own folder,
// whatever name that has: a file there is no copy of itself. A folder has no way to replace a file of one
// version only, so two writers of one key within a moment may overwrite each other.

import { randomUUID } from 'node:crypto';
import { createReadStream, type Dirent } from 'node:fs';
import { link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncPath } from '../../lake/durable.ts';
import { findErrorCode, OperationalError } from '../../lake/errors.ts';
import { type StoreAction, tellFailure, tellMissing, tellWrongContent } from './failure.ts';
import { tellFolderFailure } from './folder-failure.ts';
import { measureFile } from './local-file.ts';
import { formatObjectName } from './object-key.ts';
import { probeStore } from './probe.ts';
import { receiveObject, writeNewFile } from './received-file.ts';
import { readSentFile } from './sent-file.ts';
import {
  hasContent,
  type LocalFile,
  type ObjectStore,
  type Precondition,
  type StoredObject,
} from './store.ts';
import { confirmWritten } from './written.ts';

/** Files on their way, beside the objects: on the same disk, and never listed. */
const uploadsName = '.uploading';
const abandonedAfterMs = 24 * 3600_000;
/** What a share says that knows no links. */
const noLinks = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'];

export type FolderStoreOptions = {
  path: string;
  /** The lake's root. */
  root: string;
  tempFolder: string;
  nowMs(): number;
};

export class FolderStore implements ObjectStore {
  readonly name = 'folder';
  readonly url: string;
  readonly #options: FolderStoreOptions;

  constructor(options: FolderStoreOptions) {
    this.#options = options;
    this.url = `file://${options.path}`;
  }

  async check(signal: AbortSignal): Promise<string[]> {
    await this.#act('open', '', signal, async () => {
      await stat(this.#options.path);
      await this.#sweep();
    });
    return probeStore(this, this.#options.tempFolder, signal);
  }

  head(key: string, signal: AbortSignal): Promise<StoredObject | undefined> {
    return this.#act('look at', key, signal, async () => {
      const found = await this.#find(key);
      if (found === undefined) return undefined;
      const { md5, crc32 } = await measureFile(this.#locate(key), signal);
      return { ...found, md5, crc32 };
    });
  }

  async *list(prefix: string, signal: AbortSignal): AsyncGenerator<StoredObject> {
    await this.#act('list', prefix, signal, () => stat(this.#options.path));
    yield* this.#walk(prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix, signal);
  }

  put(
    key: string,
    file: LocalFile,
    precondition: Precondition,
    signal: AbortSignal,
  ): Promise<StoredObject> {
    return this.#act('put', key, signal, async (action) => {
      const uploading = join(this.#options.path, uploadsName, randomUUID());
      await stat(this.#options.path);
      await mkdir(dirname(uploading), { recursive: true });
      try {
        const tell = (thrown: unknown) => tellFolderFailure(thrown, action);
        await writeNewFile(uploading, readSentFile(file, signal), tell);
        const { md5 } = await measureFile(uploading, signal);
        if (md5 !== file.md5) throw tellWrongContent(action);
        await this.#publish(uploading, key, precondition, action);
      } finally {
        await rm(uploading, { force: true });
      }
      return confirmWritten(this, key, file, signal);
    });
  }

  async holds(object: StoredObject, file: LocalFile, signal: AbortSignal): Promise<boolean> {
    const known = hasContent(object, file);
    if (known !== undefined) return known;
    const read = await this.head(object.key, signal);
    return read !== undefined && hasContent(read, file) === true;
  }

  get(key: string, path: string, signal: AbortSignal): Promise<void> {
    return this.#act('get', key, signal, async (action) => {
      const object = await this.#find(key);
      if (object === undefined) throw tellMissing(action);
      const chunks = createReadStream(this.#locate(key), { signal });
      await receiveObject(object, path, chunks, action);
    });
  }

  delete(key: string, signal: AbortSignal): Promise<void> {
    return this.#act('delete', key, signal, async () => {
      await rm(this.#locate(key), { force: true });
      await syncPath(dirname(this.#locate(key)));
    });
  }

  async #publish(
    uploading: string,
    key: string,
    precondition: Precondition,
    action: StoreAction,
  ): Promise<void> {
    const target = this.#locate(key);
    await makeFolderDurably(dirname(target));
    if (precondition === 'absent' && (await linkIfPossible(uploading, target))) {
      await syncPath(dirname(target));
      return;
    }
    const found = await this.#find(key);
    const wanted = precondition === 'absent' ? undefined : precondition.version;
    if (found?.version !== wanted)
      throw tellFailure('precondition', action, 'another file is there');
    await rename(uploading, target);
    await syncPath(dirname(target));
  }

  /** Size and version, without reading the file. */
  async #find(key: string): Promise<StoredObject | undefined> {
    try {
      const { size, mtimeNs, ino } = await stat(this.#locate(key), { bigint: true });
      const found = { key, bytes: Number(size), version: `${mtimeNs}-${ino}` };
      return { ...found, md5: undefined, crc32: undefined };
    } catch (thrown) {
      if (findErrorCode(thrown) !== 'ENOENT') throw thrown;
      // No file is one thing, no folder another.
      await stat(this.#options.path);
      return undefined;
    }
  }

  async *#walk(folder: string, prefix: string, signal: AbortSignal): AsyncGenerator<StoredObject> {
    const entries = await this.#act('list', folder, signal, () => this.#readFolder(folder));
    for (const entry of entries) {
      const key = `${folder}${entry.name}`;
      if (key === uploadsName) continue;
      if (entry.isDirectory() && `${key}/`.startsWith(prefix)) {
        yield* this.#walk(`${key}/`, prefix, signal);
      } else if (entry.isFile() && key.startsWith(prefix)) {
        const found = await this.#act('list', key, signal, () => this.#find(key));
        if (found !== undefined) yield found;
      }
    }
  }

  async #readFolder(folder: string): Promise<Dirent[]> {
    const order = (entry: Dirent) => (entry.isDirectory() ? `${entry.name}/` : entry.name);
    try {
      const entries = await readdir(join(this.#options.path, folder), { withFileTypes: true });
      return entries.sort((a, b) => (order(a) < order(b) ? -1 : 1));
    } catch (thrown) {
      if (findErrorCode(thrown) === 'ENOENT') return [];
      throw thrown;
    }
  }

  /** Deletes what an upload that was killed has left on its way. */
  async #sweep(): Promise<void> {
    const folder = join(this.#options.path, uploadsName);
    for (const { name } of await this.#readFolder(uploadsName)) {
      const { mtimeMs } = await stat(join(folder, name));
      const isAbandoned = this.#options.nowMs() - mtimeMs > abandonedAfterMs;
      if (isAbandoned) await rm(join(folder, name), { force: true });
    }
  }

  #locate(key: string): string {
    return join(this.#options.path, formatObjectName('', key));
  }

  /** What is deleted in the lake must not be what lies here, by whatever link or mount that may be. */
  async #expectElsewhere(key: string, action: StoreAction): Promise<void> {
    const { path, root } = this.#options;
    for (const name of ['', key]) {
      const own = await findIdentity(join(root, name)).catch(ignoreAbsent);
      if (own === undefined) continue;
      if (own !== (await findIdentity(join(path, name)).catch(ignoreAbsent))) continue;
      const reason = `it is the lake's own ${name === '' ? 'folder' : 'file'}, and no copy`;
      throw tellFailure('refused', action, reason, {
        refused: 'name a folder in folder.path that nothing of the lake leads to',
      });
    }
  }

  async #act<T>(
    verb: string,
    key: string,
    signal: AbortSignal,
    work: (action: StoreAction) => Promise<T>,
  ): Promise<T> {
    const action = { verb, object: join(this.#options.path, key) };
    try {
      signal.throwIfAborted();
      await this.#expectElsewhere(key, action);
      return await work(action);
    } catch (thrown) {
      signal.throwIfAborted();
      throw thrown instanceof OperationalError ? thrown : tellFolderFailure(thrown, action);
    }
  }
}

function ignoreAbsent(thrown: unknown): undefined {
  if (!['ENOENT', 'ENOTDIR'].includes(findErrorCode(thrown) ?? '')) throw thrown;
}

/** Device and inode: the same under every name. */
async function findIdentity(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev}-${ino}`;
}

/** False on a share that knows no links. Throws EEXIST where something is there. */
async function linkIfPossible(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (thrown) {
    if (noLinks.includes(findErrorCode(thrown) ?? '')) return false;
    throw thrown;
  }
}

async function makeFolderDurably(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true });
  if (made === undefined) return;
  for (let at = path; at.length >= made.length; at = dirname(at)) await syncPath(dirname(at));
}
