// One client of a live stream: first all it has missed since the moment it names, page by page, then what is new. Each
// event carries, for each symbol, from where to go on; a client that is given that back misses no final bar. One that
// does not read is told so and left; what is on its way to it is bounded.

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Interval } from '../../lake/interval.ts';
import type { Instrument } from '../../lake/layout.ts';
import type { Child } from './child.ts';
import type { Follower, LiveHub } from './live-hub.ts';
import { formatTopic, toLookBackUs } from './live-topic.ts';
import {
  type DataQuestion,
  type LiveAnswer,
  type LiveBar,
  liveRows,
  toWidthUs,
} from './question.ts';

export type LiveRequest = {
  instruments: readonly Instrument[];
  interval: Interval;
  /** For each instrument, from where to go on, µs; undefined: from now. */
  fromUs: readonly (number | undefined)[];
};

const maxUnsentBytes = 1_000_000;
const keepAliveMs = 15_000;
const retryMs = 2000;
/** What one look waits for raw that nobody has looked at for a while, and how many of them there are at most. */
const freshWithinMs = 5000;
const maxLooks = 12;
/** For a client to take what is on its way. */
const drainWithinMs = 10_000;

export class LiveClient implements Follower {
  readonly #response: ServerResponse;
  readonly #request: LiveRequest;
  /** By topic: the start of the first bar that is not final yet, µs. */
  readonly #nextUs = new Map<string, number>();
  /** By topic: bars before this are not wanted, µs. */
  readonly #firstUs = new Map<string, number>();
  readonly #stops: (() => void)[] = [];
  #keepAlive: NodeJS.Timeout | undefined;
  #isEnded = false;

  constructor(response: ServerResponse, request: LiveRequest) {
    this.#response = response;
    this.#request = request;
    const { instruments, interval, fromUs } = request;
    for (const [index, instrument] of instruments.entries()) {
      const topic = formatTopic(instrument, interval);
      this.#nextUs.set(topic, fromUs[index] ?? 0);
      this.#firstUs.set(topic, fromUs[index] ?? 0);
    }
  }

  /** Resolves when it follows what is new. */
  async start(data: Child<DataQuestion>, hub: LiveHub): Promise<void> {
    const { instruments, interval, fromUs } = this.#request;
    this.#response.once('close', () => this.#leave());
    this.#keepAlive = setInterval(() => this.#write(': keep-alive\n\n'), keepAliveMs);
    this.#write(`retry: ${retryMs}\n\n`);
    for (const [index, instrument] of instruments.entries()) {
      const since = fromUs[index];
      if (since !== undefined) await this.#catchUp(data, instrument, since);
      // At once: what comes while the next one catches up would be too long ago to be told afterwards.
      if (!this.#isEnded) this.#stops.push(hub.follow(instrument, interval, this));
    }
  }

  takeBars(topic: string, bars: readonly LiveBar[]): void {
    const widthUs = toWidthUs(this.#request.interval);
    const firstUs = this.#firstUs.get(topic) ?? 0;
    for (const { startUs, isFinal, text } of bars) {
      if (this.#isEnded) return;
      if (startUs < firstUs) continue;
      const nextUs = this.#nextUs.get(topic) ?? 0;
      if (isFinal) this.#nextUs.set(topic, Math.max(nextUs, startUs + widthUs));
      this.#write(`id: ${this.#formatId()}\nevent: bar\ndata: ${text}\n\n`);
    }
  }

  takeQuote(quote: string): void {
    this.#write(`event: quote\ndata: ${quote}\n\n`);
  }

  end(reason: string): void {
    if (this.#isEnded) return;
    this.#response.write(`event: end\ndata: ${JSON.stringify({ reason })}\n\n`);
    this.#leave();
    this.#response.end();
    const timer = setTimeout(() => this.#response.destroy(), drainWithinMs).unref();
    this.#response.once('close', () => clearTimeout(timer));
  }

  /** What lies behind it, as fast as the client takes it: what is known, then what raw says that was not looked at yet. */
  async #catchUp(
    data: Child<DataQuestion>,
    instrument: Instrument,
    sinceUs: number,
  ): Promise<void> {
    const { interval } = this.#request;
    const topic = formatTopic(instrument, interval);
    for (let [fromUs, looks] = [sinceUs, 0]; !this.#isEnded; ) {
      const watches = [{ instrument, interval, fromUs }];
      const withinMs = looks === 0 ? 0 : freshWithinMs;
      const answer = await data.ask({ about: 'live', watches, freshWithinMs: withinMs });
      if (!('body' in answer)) return;
      const [found] = JSON.parse(Buffer.from(answer.body).toString()) as LiveAnswer[];
      const bars = found?.bars ?? [];
      this.takeBars(topic, bars);
      await this.#drain();
      const lastUs = bars.at(-1)?.startUs ?? fromUs;
      if (bars.length >= liveRows) fromUs = lastUs + toWidthUs(interval);
      else if (found?.isFresh !== false) return;
      else {
        fromUs = Math.max(fromUs, lastUs - toLookBackUs(interval));
        if (looks++ === maxLooks) this.end('raw is still being read; connect again to go on');
      }
    }
  }

  async #drain(): Promise<void> {
    if (this.#isEnded || !this.#response.writableNeedDrain) return;
    const signal = AbortSignal.timeout(drainWithinMs);
    await Promise.race([
      once(this.#response, 'drain', { signal }),
      once(this.#response, 'close', { signal }),
    ]).catch(() => this.end('what is sent is not read; connect again to go on'));
  }

  #write(text: string): void {
    if (this.#isEnded) return;
    this.#response.write(text);
    if (this.#response.writableLength > maxUnsentBytes) {
      this.end('what is sent is not read; connect again to go on');
    }
  }

  #leave(): void {
    this.#isEnded = true;
    clearInterval(this.#keepAlive);
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Milliseconds, one for each symbol as they were named. */
  #formatId(): string {
    return [...this.#nextUs.values()].map((us) => Math.floor(us / 1000)).join(',');
  }
}

/** From where to go on after the event with this id: a little before, so that what was late is told, too. */
export function parseEventId(
  text: string,
  count: number,
  interval: Interval,
): (number | undefined)[] | undefined {
  if (!/^\d{1,15}(,\d{1,15})*$/.test(text)) return undefined;
  const nextMs = text.split(',').map(Number);
  if (nextMs.length !== count) return undefined;
  // 0: nothing final was sent yet.
  return nextMs.map((ms) => (ms === 0 ? undefined : ms * 1000 - toLookBackUs(interval)));
}
