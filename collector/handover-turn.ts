// Who of the feeds of one shard may hand over: where two lanes listen to the same streams, one of them
// stays as it is while the other changes.

export class HandoverTurn {
  #holder: object | undefined;

  /** Whether `feed` may hand over now; it holds the turn until it gives it back. */
  take(feed: object): boolean {
    this.#holder ??= feed;
    return this.#holder === feed;
  }

  give(feed: object): void {
    if (this.#holder === feed) this.#holder = undefined;
  }
}
