// One symbol at one interval, as live streams follow it: what was found last, what of it is new, and from where to look
// next. Looks back far enough that what was late, or filled in, is told, too. Holds no effects.

import type { Interval } from '../../lake/interval.ts';
import type { Instrument } from '../../lake/layout.ts';
import { type LiveAnswer, type LiveBar, type LiveWatch, toWidthUs } from './question.ts';

const usPerSecond = 1_000_000;
/** How far back is looked each time: what is filled in later than that is not told. */
const lookBack: Record<Interval, number> = {
  '1s': 120,
  '1m': 4,
  '5m': 2,
  '15m': 2,
  '1h': 1,
  '1d': 1,
};
/** Longer bars cost more to make. */
const lookEvery: Record<Interval, number> = {
  '1s': 1000,
  '1m': 1000,
  '5m': 1000,
  '15m': 2000,
  '1h': 3000,
  '1d': 10_000,
};

export function toLookBackUs(interval: Interval): number {
  return lookBack[interval] * toWidthUs(interval);
}

export function formatTopic({ exchange, symbol }: Instrument, interval: Interval): string {
  return `${exchange}/${symbol}/${interval}`;
}

export class LiveTopic {
  readonly instrument: Instrument;
  readonly interval: Interval;
  /** The bars found last, by their start, ascending. */
  #bars = new Map<number, LiveBar>();
  #quote: string | null = null;
  #fromUs: number;
  #dueAtMs = 0;

  constructor(instrument: Instrument, interval: Interval, nowUs: number) {
    this.instrument = instrument;
    this.interval = interval;
    const widthUs = toWidthUs(interval);
    this.#fromUs = Math.floor(nowUs / widthUs) * widthUs - toLookBackUs(interval);
  }

  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueAtMs;
  }

  get watch(): LiveWatch {
    return { instrument: this.instrument, interval: this.interval, fromUs: this.#fromUs };
  }

  get bars(): readonly LiveBar[] {
    return [...this.#bars.values()];
  }

  get quote(): string | null {
    return this.#quote;
  }

  /** What of an answer is new. */
  take({ bars, quote }: LiveAnswer, nowMs: number): { bars: LiveBar[]; quote: string | null } {
    const isNew = (bar: LiveBar) => this.#bars.get(bar.startUs)?.text !== bar.text;
    const fresh = { bars: bars.filter(isNew), quote: quote === this.#quote ? null : quote };
    this.#bars = new Map(bars.map((bar) => [bar.startUs, bar]));
    this.#quote = quote ?? this.#quote;
    const lastUs = bars.at(-1)?.startUs;
    if (lastUs !== undefined) {
      this.#fromUs = Math.max(this.#fromUs, lastUs - toLookBackUs(this.interval));
    }
    this.#dueAtMs = nowMs + lookEvery[this.interval] - usPerSecond / 10_000;
    return fresh;
  }
}
