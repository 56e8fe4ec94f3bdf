// The rates of all streams as far as they were learnt, by venue and name, kept over restarts in
// `state/collect/rates.json`: after a start a busy stream that is silent is known as such at once. A book
// that cannot be read is begun anew.

import { z } from 'zod';
import type { VenuePlan } from '../exchanges/plan.ts';
import type { Clock } from '../lake/clock.ts';
import { readTextIfPresent, writeFileDurably } from '../lake/durable.ts';
import { formatReason } from '../lake/errors.ts';
import { findJson } from '../lake/json.ts';
import { ratesPath } from '../lake/layout.ts';
import type { Log } from '../lake/log.ts';
import { isLearnt } from './stream-rate.ts';
import type { Rates } from './stream-watch.ts';

const amount = z.number().min(0);
/** Frames, the time they came in, the squares of the times between them, ms. */
const rateSchema = z.tuple([amount, amount, amount]);
const bookSchema = z.object({
  /** Milliseconds since the epoch. */
  saved_ms: z.number(),
  exchanges: z.record(
    z.string(),
    /** With how long ago the stream last delivered, ms. */
    z.record(z.string(), z.tuple([rateSchema, amount])),
  ),
});

export class RateBook {
  readonly #root: string;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #venues = new Map<string, Rates>();

  constructor(root: string, log: Log, clock: Clock) {
    this.#root = root;
    this.#log = log;
    this.#clock = clock;
  }

  /** The rates of a venue, shared by all its connections. */
  find(exchange: string): Rates {
    const known = this.#venues.get(exchange) ?? new Map();
    this.#venues.set(exchange, known);
    return known;
  }

  /** Forgets the streams that are no longer planned. */
  keep(plans: readonly VenuePlan[]): void {
    for (const [exchange, rates] of this.#venues) {
      const plan = plans.find((one) => one.exchange.name === exchange);
      const names = new Set(plan?.streams.map(({ name }) => name));
      for (const name of rates.keys()) if (!names.has(name)) rates.delete(name);
    }
  }

  async load(): Promise<void> {
    const path = ratesPath(this.#root);
    const text = await readTextIfPresent(path);
    if (text === undefined) return;
    const book = parseBook(text);
    if (book === undefined) {
      const hint = 'until the rates are learnt again, silent streams may go unnoticed';
      this.#log.warn(`read rates ${path}: it is damaged`, { hint });
      return;
    }
    // A clock that was set back makes the book one of the future: its age is unknown, so it is old.
    const sinceMs = this.#clock.nowUs() / 1000 - book.saved_ms;
    const nowMs = this.#clock.monotonicMs();
    for (const [exchange, streams] of Object.entries(book.exchanges)) {
      const rates = this.find(exchange);
      for (const [name, [[frames, elapsedMs, squaresMs2], ageMs]] of Object.entries(streams)) {
        const seenMs = sinceMs < 0 ? Number.NEGATIVE_INFINITY : nowMs - sinceMs - ageMs;
        rates.set(name, { rate: { frames, elapsedMs, squaresMs2 }, seenMs });
      }
    }
  }

  /** A book that cannot be written costs what was learnt; collecting goes on. */
  async save(): Promise<void> {
    const path = ratesPath(this.#root);
    try {
      await writeFileDurably(path, `${JSON.stringify(this.#format())}\n`);
    } catch (thrown) {
      this.#log.warn(`write rates ${path}: ${formatReason(thrown)}`);
    }
  }

  #format(): z.infer<typeof bookSchema> {
    const nowMs = this.#clock.monotonicMs();
    const exchanges = [...this.#venues].map(([exchange, rates]) => {
      const streams = [...rates]
        .filter(([, { rate, seenMs }]) => isLearnt(rate) && Number.isFinite(seenMs))
        .map(([name, { rate, seenMs }]) => {
          const figures = [rate.frames, rate.elapsedMs, rate.squaresMs2].map(roundFigure);
          return [name, [figures, Math.max(0, Math.round(nowMs - seenMs))]];
        });
      return [exchange, Object.fromEntries(streams)];
    });
    const savedMs = Math.round(this.#clock.nowUs() / 1000);
    return { saved_ms: savedMs, exchanges: Object.fromEntries(exchanges) };
  }
}

function parseBook(text: string): z.infer<typeof bookSchema> | undefined {
  return bookSchema.safeParse(findJson(text)).data;
}

/** Six digits are more than a rate is known to. */
function roundFigure(value: number): number {
  return Number(value.toPrecision(6));
}
