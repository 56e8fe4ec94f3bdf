// All feeds of the collector: one for each shard of a venue's streams and each lane. Where the plan
// changes, it opens, changes and stops feeds so that they match it; what goes on being collected misses
// nothing.

import type { Exchange, Stream } from '../exchanges/exchange.ts';
import type { VenuePlan } from '../exchanges/plan.ts';
import type { Clock } from '../lake/clock.ts';
import type { Log } from '../lake/log.ts';
import { ConnectPacing, type RestSide } from './connect-pacing.ts';
import type { Connect } from './connection.ts';
import { Feed } from './feed.ts';
import { type FeedPlan, isSamePlan } from './feed-plan.ts';
import { HandoverTurn } from './handover-turn.ts';
import type { StreamTarget } from './receive.ts';
import type { Recorder } from './recorder.ts';
import { planShards } from './shard.ts';
import type { Rates } from './stream-watch.ts';
import { type LaneTotals, PastTotals } from './totals.ts';

export type FeedsOptions = {
  clock: Clock;
  log: Log;
  random: () => number;
  connect: Connect;
  isPaused: () => boolean;
  /** The rates of a venue's streams as far as they are known. */
  findRates: (exchange: string) => Rates;
  findRecorder: (exchange: string, symbol: string) => Recorder;
  /** Asks whether a stream that delivers nothing should: answered by `settle`. */
  onSuspect: (exchange: Exchange, stream: Stream) => void;
  findRest: (exchange: string) => RestSide;
};

/** Another lane that has delivered a stream of late proves that there is something to deliver. */
const latelyMs = 5000;

/** What all feeds of a venue share. */
type Venue = {
  pacing: ConnectPacing;
  /** Streams per shard; a shard that has lost its last stream stays, empty. */
  shards: Stream[][];
  /** By shard. */
  turns: Map<number, HandoverTurn>;
  /** By place, in its words. */
  feeds: Map<string, Feed>;
};

/** Which feed: that of a shard in a lane. */
type Place = { lane: number; shard: number };

export class Feeds {
  readonly #options: FeedsOptions;
  readonly #venues = new Map<string, Venue>();
  /** Feeds that are stopping. */
  readonly #leaving = new Set<Feed>();
  readonly #past = new PastTotals();
  #connections = 0;

  constructor(options: FeedsOptions) {
    this.#options = options;
  }

  get all(): Feed[] {
    return [...this.#venues.values()].flatMap(({ feeds }) => [...feeds.values()]);
  }

  /** Connections lost and handed over since the process began. */
  get totals(): LaneTotals[] {
    const present = new Set([...this.all, ...this.#leaving]);
    return this.#past.sumLanes([...present].map(listTotals));
  }

  tick(nowMs: number): void {
    for (const feed of this.all) feed.tick(nowMs);
  }

  /** Collects by these plans from now on, each stream `lanes` times. */
  apply(plans: readonly VenuePlan[], lanes: number): void {
    const named = new Set(plans.map(({ exchange }) => exchange.name));
    for (const [name, venue] of this.#venues) {
      if (named.has(name)) continue;
      for (const feed of venue.feeds.values()) this.#stop(feed);
      this.#venues.delete(name);
    }
    for (const plan of plans) this.#applyVenue(plan, lanes);
  }

  /** Whether any connection, one that is being closed included, writes into parts of the symbol. */
  isUsing(recorder: Recorder): boolean {
    return [...this.all, ...this.#leaving].some((feed) => feed.isUsing(recorder));
  }

  /** Whether a suspected stream misses data is known now. */
  settle({ name }: Exchange, stream: Stream, isMissing: boolean): void {
    for (const feed of this.#venues.get(name)?.feeds.values() ?? []) {
      feed.settle(stream, isMissing);
    }
  }

  async stop(): Promise<void> {
    for (const feed of this.all) this.#stop(feed);
    await Promise.all([...this.#leaving].map((feed) => feed.stopped));
  }

  #applyVenue(plan: VenuePlan, lanes: number): void {
    const { exchange, wsUrls, streams } = plan;
    const venue = this.#venues.get(exchange.name) ?? this.#openVenue(plan);
    this.#venues.set(exchange.name, venue);
    venue.shards = planShards(streams, exchange.limits.streamsPerConnection, venue.shards);
    const wanted = planPlaces(venue.shards, lanes);
    for (const [key, feed] of venue.feeds) {
      if (wanted.has(key)) continue;
      this.#stop(feed);
      venue.feeds.delete(key);
    }
    const targets = this.#findTargets(plan);
    for (const [key, place] of wanted) {
      const { shard } = place;
      const own = venue.shards[shard]!;
      const feedPlan = {
        wsUrls,
        shard,
        streams: own,
        targets: own.map((one) => targets.get(one)!),
      };
      const feed = venue.feeds.get(key);
      if (feed === undefined) venue.feeds.set(key, this.#open(plan, place, feedPlan, venue));
      else if (!isSamePlan(feed.plan, feedPlan)) feed.change(feedPlan);
    }
  }

  #open(
    { exchange }: VenuePlan,
    { lane, shard }: Place,
    plan: FeedPlan,
    { pacing, turns }: Venue,
  ): Feed {
    const { findRates } = this.#options;
    const turn = turns.get(shard) ?? new HandoverTurn();
    turns.set(shard, turn);
    const feed: Feed = new Feed({
      ...this.#options,
      exchange,
      lane,
      plan,
      pacing,
      turn,
      rates: findRates(exchange.name),
      nameConnection: () => `c${++this.#connections}`,
      onSuspect: (stream) => this.#suspect(feed, stream),
    });
    return feed;
  }

  /** A stream that the other lane delivers should come here, too; else somebody else must know. */
  #suspect(feed: Feed, stream: Stream): void {
    const { clock, onSuspect } = this.#options;
    const sinceMs = clock.monotonicMs() - latelyMs;
    const isElsewhere = this.all.some(
      (other) => other !== feed && other.hasDelivered(stream, sinceMs),
    );
    if (isElsewhere) feed.settle(stream, true);
    else onSuspect(feed.exchange, stream);
  }

  #openVenue({ exchange }: VenuePlan): Venue {
    const rest = this.#options.findRest(exchange.name);
    const pacing = new ConnectPacing(exchange.limits.connects, rest);
    return { pacing, shards: [], turns: new Map(), feeds: new Map() };
  }

  #stop(feed: Feed): void {
    this.#leaving.add(feed);
    feed.stopped.then(() => {
      this.#leaving.delete(feed);
      // At the end of the process they stay where they are.
      if (!this.all.includes(feed)) this.#past.addLane(listTotals(feed));
    });
    feed.stop();
  }

  #findTargets({ exchange, streams }: VenuePlan): Map<Stream, StreamTarget> {
    const { findRecorder } = this.#options;
    const targets = new Map<Stream, StreamTarget>();
    for (const [symbol, own] of Map.groupBy(streams, (stream) => stream.symbol)) {
      const recorder = findRecorder(exchange.name, symbol);
      for (const stream of own) {
        targets.set(stream, { recorder, index: recorder.findStream(stream.name) });
      }
    }
    return targets;
  }
}

function listTotals({ exchange, lane, reconnects, handovers }: Feed): LaneTotals {
  return { exchange: exchange.name, lane, reconnects, handovers };
}

/** The places that have streams, for each of the lanes. */
function planPlaces(shards: readonly Stream[][], lanes: number): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const [shard, streams] of shards.entries()) {
    if (streams.length === 0) continue;
    for (let lane = 0; lane < lanes; lane++) places.set(`${lane}/${shard}`, { lane, shard });
  }
  return places;
}
