// A store's client, opened when it is first used. Credentials that a store refuses may have been replaced
// meanwhile, which a client that keeps them would not notice: it is opened once more before that counts as
// a failure.

import { StoreError } from './store.ts';

export class FreshClient<Client> {
  readonly #open: () => Client;
  #client: Client | undefined;

  constructor(open: () => Client) {
    this.#open = open;
  }

  async use<T>(action: (client: Client) => Promise<T>): Promise<T> {
    this.#client ??= this.#open();
    const used = this.#client;
    try {
      return await action(used);
    } catch (thrown) {
      if (!(thrown instanceof StoreError) || thrown.failure !== 'credentials') throw thrown;
      // Another request may have opened a new one already.
      if (this.#client === used) this.#client = this.#open();
      return await action(this.#client);
    }
  }
}
