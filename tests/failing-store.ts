// A store that fails when a test says so, and otherwise does what the store behind it does.

import { type ObjectStore, StoreError, type StoreFailure } from '../tools/store/store.ts';
import type { ConfiguredStore } from '../tools/store/stores.ts';

export type FailingStore = ConfiguredStore & {
  /** What every request fails with; undefined: none. */
  failure: StoreFailure | undefined;
  /** Objects that were written, in order. */
  puts: string[];
};

export function failing(inner: ConfiguredStore): FailingStore {
  const { store } = inner;
  const failing: FailingStore = { ...inner, store, failure: undefined, puts: [] };
  /** The store behind, where it may be asked. */
  const ask = () => {
    if (failing.failure === undefined) return store;
    throw new StoreError(failing.failure, 'ask it: it is down');
  };
  const guarded: ObjectStore = {
    name: store.name,
    url: store.url,
    check: async (signal) => ask().check(signal),
    head: async (key, signal) => ask().head(key, signal),
    async *list(prefix, signal) {
      yield* ask().list(prefix, signal);
    },
    async put(key, file, precondition, signal) {
      const object = await ask().put(key, file, precondition, signal);
      failing.puts.push(key);
      return object;
    },
    holds: async (object, file, signal) => ask().holds(object, file, signal),
    get: async (key, path, signal) => ask().get(key, path, signal),
    delete: async (key, signal) => ask().delete(key, signal),
  };
  failing.store = guarded;
  return failing;
}
