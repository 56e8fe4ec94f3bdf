// A disk for tests that a power cut can strike at any moment. It keeps what was synced; of what was not, it
// keeps a beginning: of the bytes of each file, and of the changes of each folder. Stands in for node:fs in
// what the collector uses of it: files grow at their end or are cut there.

import { dirname, normalize } from 'node:path';
import { Readable } from 'node:stream';

type File = { kind: 'file'; bytes: Buffer; synced: Buffer };
type Folder = { kind: 'folder'; entries: Map<string, Entry>; changes: Change[] };
type Entry = File | Folder;
/** A change of a folder that is not synced yet. */
type Change = { remove?: string; add?: [string, Entry] };

function makeFolder(): Folder {
  return { kind: 'folder', entries: new Map(), changes: [] };
}

function fail(code: string, path: string): never {
  throw Object.assign(new Error(`${code}: ${path}`), { code });
}

export class MemoryDisk {
  #root = makeFolder();
  /** Operations still allowed before the power is cut; none ends after that. */
  #allowed = Number.POSITIVE_INFINITY;

  /** Lets so many operations happen; those after never return, as if the power had gone. */
  allow(operations: number): void {
    this.#allowed = operations;
  }

  /** An empty disk. */
  clear(): void {
    this.#root = makeFolder();
    this.#allowed = Number.POSITIVE_INFINITY;
  }

  /** The power comes back. `random` gives [0, 1) and decides what of the unsynced was kept. */
  restart(random: () => number): void {
    this.#root = keepSynced(this.#root, random);
    this.#allowed = Number.POSITIVE_INFINITY;
  }

  /** Every file by its path, as a reader sees it. */
  list(): Map<string, Buffer> {
    const files = new Map<string, Buffer>();
    const visit = (folder: Folder, path: string) => {
      for (const [name, entry] of folder.entries) {
        if (entry.kind === 'folder') visit(entry, `${path}/${name}`);
        else files.set(`${path}/${name}`, entry.bytes);
      }
    };
    visit(this.#root, '');
    return files;
  }

  /** What stands in for `node:fs`. */
  readonly sync = {
    createReadStream: (path: string) => Readable.from([Buffer.from(this.#file(path).bytes)]),
    createWriteStream: () => fail('ENOTSUP', 'compression is not modelled'),
  };

  /** What stands in for `node:fs/promises`. */
  readonly promises = {
    mkdir: (path: string) => this.#act(() => this.#mkdir(path)),
    open: (path: string, flags: string) => this.#act(() => this.#open(path, flags)),
    readdir: (path: string, options?: { withFileTypes?: boolean }) =>
      this.#act(() => this.#readdir(path, options?.withFileTypes === true)),
    readFile: (path: string, encoding?: 'utf8') =>
      this.#act(() => {
        const { bytes } = this.#file(path);
        return encoding === undefined ? bytes : bytes.toString(encoding);
      }),
    rename: (from: string, to: string) =>
      this.#act(() => {
        const file = this.#file(from);
        const [folder, source, target] = [this.#folder(dirname(from)), name(from), name(to)];
        this.#change(folder, { remove: source, add: [target, file] });
      }),
    unlink: (path: string) =>
      this.#act(() => {
        this.#file(path);
        this.#change(this.#folder(dirname(path)), { remove: name(path) });
      }),
    access: (path: string) =>
      this.#act(() => {
        if (this.#find(path) === undefined) fail('ENOENT', path);
      }),
    stat: (path: string) => this.#act(() => ({ size: this.#file(path).bytes.length })),
    rm: (path: string) => this.#act(() => fail('ENOTSUP', path)),
  };

  async #act<T>(action: () => T): Promise<T> {
    if (this.#allowed-- <= 0) return new Promise(() => {});
    await Promise.resolve();
    return action();
  }

  #mkdir(path: string): string | undefined {
    let folder = this.#root;
    let first: string | undefined;
    let at = '';
    for (const part of normalize(path).split('/').filter(Boolean)) {
      at = `${at}/${part}`;
      let next = folder.entries.get(part);
      if (next === undefined) {
        next = makeFolder();
        this.#change(folder, { add: [part, next] });
        first ??= at;
      }
      folder = next as Folder;
    }
    return first;
  }

  #open(path: string, flags: string) {
    let entry = this.#find(path);
    if (entry === undefined) {
      if (flags.startsWith('r')) fail('ENOENT', path);
      entry = { kind: 'file', bytes: Buffer.alloc(0), synced: Buffer.alloc(0) };
      this.#change(this.#folder(dirname(path)), { add: [name(path), entry] });
    } else if (flags === 'wx') fail('EEXIST', path);
    return this.#handle(entry);
  }

  #handle(entry: Entry) {
    const file = entry as File;
    const write = (bytes: Uint8Array, at: number) => {
      file.bytes = Buffer.concat([file.bytes.subarray(0, at), bytes]);
    };
    return {
      writev: (chunks: Uint8Array[], at: number) =>
        this.#act(() => {
          const bytes = Buffer.concat(chunks);
          write(bytes, at);
          return { bytesWritten: bytes.length };
        }),
      appendFile: (text: string) => this.#act(() => write(Buffer.from(text), file.bytes.length)),
      truncate: (length: number) => this.#act(() => write(Buffer.alloc(0), length)),
      stat: () => this.#act(() => ({ size: file.bytes.length })),
      read: (into: Buffer, offset: number, length: number, at: number) =>
        this.#act(() => ({
          bytesRead: file.bytes.copy(into, offset, at, Math.min(at + length, file.bytes.length)),
        })),
      sync: () =>
        this.#act(() => {
          if (entry.kind === 'folder') entry.changes = [];
          else entry.synced = entry.bytes;
        }),
      close: async () => {},
    };
  }

  #readdir(path: string, withTypes: boolean) {
    const { entries } = this.#folder(path);
    if (!withTypes) return [...entries.keys()];
    return [...entries].map(([entryName, { kind }]) => ({
      name: entryName,
      isDirectory: () => kind === 'folder',
      isFile: () => kind !== 'folder',
      isSymbolicLink: () => false,
    }));
  }

  #change(folder: Folder, change: Change): void {
    folder.changes.push(change);
    apply(folder.entries, change);
  }

  #find(path: string): Entry | undefined {
    let entry: Entry | undefined = this.#root;
    for (const part of normalize(path).split('/').filter(Boolean)) {
      entry = entry?.kind === 'folder' ? entry.entries.get(part) : undefined;
    }
    return entry;
  }

  #file(path: string): File {
    const entry = this.#find(path);
    return entry?.kind === 'file' ? entry : fail('ENOENT', path);
  }

  #folder(path: string): Folder {
    const entry = this.#find(path);
    return entry?.kind === 'folder' ? entry : fail('ENOENT', path);
  }
}

function name(path: string): string {
  return path.slice(dirname(path).length + 1);
}

function apply(entries: Map<string, Entry>, { remove, add }: Change): void {
  if (remove !== undefined) entries.delete(remove);
  if (add !== undefined) entries.set(...add);
}

/** A folder after a power cut: what was synced, and a beginning of what was not. */
function keepSynced(folder: Folder, random: () => number): Folder {
  const kept = new Map(folder.entries);
  const lost = folder.changes.slice(Math.floor(random() * (folder.changes.length + 1)));
  for (const { remove, add } of lost.reverse()) {
    // Names are used once, and moved once: taking a change back is putting its source where it was.
    if (add !== undefined) kept.delete(add[0]);
    if (remove !== undefined && add !== undefined) kept.set(remove, add[1]);
  }
  const after = makeFolder();
  for (const [entryName, entry] of kept) {
    after.entries.set(entryName, entry.kind === 'folder' ? keepSynced(entry, random) : cut(entry));
  }
  return after;

  function cut({ bytes, synced }: File): File {
    const shared = Math.min(bytes.length, synced.length);
    const more = Math.floor(random() * (bytes.length - shared + 1));
    const left = random() < 0.5 || bytes.length >= synced.length ? bytes : synced;
    const kept = Buffer.from(left.subarray(0, shared + (left === bytes ? more : synced.length)));
    return { kind: 'file', bytes: kept, synced: kept };
  }
}

export const disk = new MemoryDisk();
