// A fresh look at the stores: whether each of them has an object now, with the bytes it is to have. Each
// object is asked for once in the life of a witness, and a store that fails is not asked again, so that a
// run over thousands of files ends soon when a store is down. Never writes.

import { formatReason } from '../../lake/errors.ts';
import { type LocalFile, type ObjectStore, type StoredObject, StoreError } from '../store/store.ts';

/** An object as it was when its digest was confirmed; its version counts where its store reports no MD5. */
export type Expected = { bytes: number; md5: string; version: string };

/** The object, or why it cannot be relied on. */
export type Look = { object: StoredObject } | { doubt: string };

const sendAgain = 'run --mode upload with its --date, which sends it again';
/** Of a file that is away: it is not here to be sent. */
const deriveAgain =
  'bring it back from another store or an older version; or, while its raw parts are here, delete its .uploaded.json and run --mode transform';

export class StoreWitness {
  readonly #signal: AbortSignal;
  readonly #heads = new Map<string, Promise<StoredObject | undefined>>();
  readonly #lists = new Map<string, Promise<Map<string, StoredObject>>>();
  /** By address of the store: why it is not asked any more. */
  readonly #failures = new Map<string, string>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Whether the store has the file as it is here. */
  lookForFile(store: ObjectStore, key: string, file: LocalFile): Promise<Look> {
    return this.#look(store, key, sendAgain, async () => {
      const object = await this.#head(store, key);
      if (object === undefined) return 'is not there';
      return (await store.holds(object, file, this.#signal)) ? object : 'has another content';
    });
  }

  /** Whether the store still has the file that is not here. */
  lookForAway(store: ObjectStore, key: string, expected: Expected): Promise<Look> {
    return this.#look(store, key, deriveAgain, async () =>
      compareObject(await this.#head(store, key), expected),
    );
  }

  /** Whether it has what was once confirmed, of one object of many below a prefix: they are asked for together. */
  lookAmong(store: ObjectStore, prefix: string, key: string, expected: Expected): Promise<Look> {
    return this.#look(store, key, sendAgain, async () => {
      const listed = (await this.#list(store, prefix)).get(key);
      return compareObject(listed, expected);
    });
  }

  /** `find` gives the object, or what is wrong with it. */
  async #look(
    { url }: ObjectStore,
    key: string,
    remedy: string,
    find: () => Promise<StoredObject | string>,
  ): Promise<Look> {
    const failure = this.#failures.get(url);
    if (failure !== undefined) return { doubt: failure };
    try {
      const found = await find();
      return typeof found === 'string'
        ? { doubt: `not confirmed by ${url}: ${key} ${found}; ${remedy}` }
        : { object: found };
    } catch (thrown) {
      this.#signal.throwIfAborted();
      if (!(thrown instanceof StoreError)) throw thrown;
      const doubt = `${url} cannot be asked: ${formatReason(thrown)}`;
      this.#failures.set(url, doubt);
      return { doubt };
    }
  }

  #head(store: ObjectStore, key: string): Promise<StoredObject | undefined> {
    const id = `${store.url} ${key}`;
    const head = this.#heads.get(id) ?? store.head(key, this.#signal);
    this.#heads.set(id, head);
    return head;
  }

  #list(store: ObjectStore, prefix: string): Promise<Map<string, StoredObject>> {
    const id = `${store.url} ${prefix}`;
    const list = this.#lists.get(id) ?? collect(store.list(prefix, this.#signal));
    this.#lists.set(id, list);
    return list;
  }
}

/** The object where it is what it was; else in what it differs. */
export function compareObject(
  object: StoredObject | undefined,
  expected: Expected,
): StoredObject | string {
  if (object === undefined) return 'is not there';
  if (object.bytes !== expected.bytes) {
    return `has ${object.bytes} bytes in place of ${expected.bytes}`;
  }
  const isSame =
    object.md5 === undefined ? object.version === expected.version : object.md5 === expected.md5;
  return isSame ? object : 'is another than was confirmed';
}

async function collect(objects: AsyncIterable<StoredObject>): Promise<Map<string, StoredObject>> {
  const found = new Map<string, StoredObject>();
  for await (const object of objects) found.set(object.key, object);
  return found;
}
