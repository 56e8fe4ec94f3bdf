// Live bars and quotes by server-sent events. When the connection is lost, or ended by the server, it is made
// again from the last bar that is there, soon at first, then every 15 seconds, and at once when the network
// is back; so nothing is missed and nothing has to be reloaded.

/** @typedef {'connecting' | 'open' | 'offline'} FeedState */

/**
 * @typedef {{
 *   path: () => string,
 *   onBar: (row: any) => void,
 *   onQuote: (quote: any) => void,
 *   onState: (state: FeedState) => void,
 *   onLost: () => Promise<void>,
 * }} FeedOptions `path` is asked at each attempt; `onLost` runs before the next one and may close the feed
 */

const retryMs = { first: 500, last: 15_000 };

export class LiveFeed {
  /** @type {FeedOptions} */
  #options;
  /** @type {EventSource | undefined} */
  #source;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #waitMs = retryMs.first;
  #isClosed = false;
  #retryNow = () => {
    if (this.#source === undefined && this.#timer !== undefined) this.#retryIn(0);
  };

  /** @param {FeedOptions} options */
  constructor(options) {
    this.#options = options;
    addEventListener('online', this.#retryNow);
    this.#open();
  }

  close() {
    this.#isClosed = true;
    this.#source?.close();
    this.#source = undefined;
    clearTimeout(this.#timer);
    removeEventListener('online', this.#retryNow);
  }

  #open() {
    const { path, onBar, onQuote, onState } = this.#options;
    this.#timer = undefined;
    onState('connecting');
    const source = new EventSource(path());
    this.#source = source;
    source.addEventListener('open', () => onState('open'));
    source.addEventListener('bar', ({ data }) => {
      this.#waitMs = retryMs.first;
      onBar(JSON.parse(data));
    });
    source.addEventListener('quote', ({ data }) => onQuote(JSON.parse(data)));
    source.addEventListener('end', () => this.#lose(source));
    source.addEventListener('error', () => this.#lose(source));
  }

  /** @param {EventSource} source */
  #lose(source) {
    source.close();
    if (this.#isClosed || this.#source !== source) return;
    this.#source = undefined;
    this.#options.onState('offline');
    this.#retryIn(this.#waitMs);
    this.#waitMs = Math.min(this.#waitMs * 2, retryMs.last);
  }

  /** @param {number} ms */
  #retryIn(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      await this.#options.onLost();
      if (!this.#isClosed && this.#source === undefined) this.#open();
    }, ms);
  }
}
