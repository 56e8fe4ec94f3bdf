// What all live streams share: each symbol and interval that somebody follows is looked at once a second, however many
// follow it, and what is new goes to all of them. Nothing is looked at while nobody follows.

import type { Clock } from '../../lake/clock.ts';
import { formatReason } from '../../lake/errors.ts';
import type { Interval } from '../../lake/interval.ts';
import type { Instrument } from '../../lake/layout.ts';
import type { Log } from '../../lake/log.ts';
import type { Child } from './child.ts';
import { formatTopic, LiveTopic } from './live-topic.ts';
import type { DataQuestion, LiveAnswer, LiveBar } from './question.ts';

/** Who follows. `end` is the last that is called. */
export type Follower = {
  takeBars(topic: string, bars: readonly LiveBar[]): void;
  takeQuote(quote: string): void;
  end(reason: string): void;
};

type Followed = { topic: LiveTopic; followers: Set<Follower> };

const lookEveryMs = 1000;
/** Of a look, for the live tail to be brought up to date. */
const freshWithinMs = 700;
const maxFailures = 20;

export class LiveHub {
  readonly #data: Child<DataQuestion>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #followed = new Map<string, Followed>();
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(data: Child<DataQuestion>, clock: Clock, log: Log) {
    this.#data = data;
    this.#clock = clock;
    this.#log = log;
  }

  /** Gives the follower what is known of the last bars, then all that is new, until it stops. */
  follow(instrument: Instrument, interval: Interval, follower: Follower): () => void {
    const key = formatTopic(instrument, interval);
    const followed = this.#followed.get(key) ?? this.#open(key, instrument, interval);
    followed.followers.add(follower);
    follower.takeBars(key, followed.topic.bars);
    if (followed.topic.quote !== null) follower.takeQuote(followed.topic.quote);
    return () => {
      followed.followers.delete(follower);
      if (followed.followers.size === 0) this.#followed.delete(key);
    };
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#endAll('the server is stopping; connect again');
  }

  #open(key: string, instrument: Instrument, interval: Interval): Followed {
    const topic = new LiveTopic(instrument, interval, this.#clock.nowUs());
    const followed = { topic, followers: new Set<Follower>() };
    this.#followed.set(key, followed);
    this.#timer ??= setTimeout(() => void this.#look(), 0);
    return followed;
  }

  async #look(): Promise<void> {
    const startedMs = this.#clock.monotonicMs();
    await this.#lookOnce(startedMs).then(
      () => {
        this.#failures = 0;
      },
      (thrown) => {
        this.#failures += 1;
        if (this.#failures === 1) this.#log.warn(`look for live bars: ${formatReason(thrown)}`);
        if (this.#failures >= maxFailures) this.#endAll('the lake cannot be read; see its log');
      },
    );
    this.#timer = undefined;
    if (this.#followed.size === 0) return;
    const restMs = lookEveryMs - (this.#clock.monotonicMs() - startedMs);
    this.#timer = setTimeout(() => void this.#look(), Math.max(restMs, lookEveryMs / 10));
  }

  async #lookOnce(nowMs: number): Promise<void> {
    const due = [...this.#followed].filter(([, { topic }]) => topic.isDue(nowMs));
    if (due.length === 0) return;
    const watches = due.map(([, { topic }]) => topic.watch);
    const answer = await this.#data.ask({ about: 'live', watches, freshWithinMs });
    if (!('body' in answer)) return;
    const found = JSON.parse(Buffer.from(answer.body).toString()) as LiveAnswer[];
    for (const [index, [key, { topic, followers }]] of due.entries()) {
      const { bars, quote } = topic.take(found[index]!, nowMs);
      for (const follower of [...followers]) {
        if (bars.length > 0) follower.takeBars(key, bars);
        if (quote !== null) follower.takeQuote(quote);
      }
    }
  }

  #endAll(reason: string): void {
    const all = new Set([...this.#followed.values()].flatMap(({ followers }) => [...followers]));
    this.#followed.clear();
    for (const follower of all) follower.end(reason);
  }
}
