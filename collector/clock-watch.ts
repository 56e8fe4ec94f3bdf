// Measures the local clock against one venue's every minute and whenever it was set, and writes what it
// finds into the part of every symbol: receive times can be read right years later. Corrects nothing.

import type { Exchange } from '../exchanges/exchange.ts';
import type { RestClient } from '../exchanges/rest-client.ts';
import type { Clock } from '../lake/clock.ts';
import { formatReason, OperationalError } from '../lake/errors.ts';
import type { Log } from '../lake/log.ts';
import type { ControlFields } from '../lake/raw-line.ts';
import { type ClockOffset, type ClockSample, measureOffset, StepWatch } from './clock-offset.ts';
import type { Recorder } from './recorder.ts';

export type ClockWatchOptions = {
  exchange: Exchange;
  client: Pick<RestClient, 'get'>;
  listRecorders: () => readonly Recorder[];
  clock: Clock;
  log: Log;
};

const everyMs = 60_000;
const samplesPerMeasurement = 4;
/** An offset measured longer ago says nothing. */
const staleAfterMs = 5 * 60_000;
const conn = 'rest';

export class ClockWatch {
  readonly #options: ClockWatchOptions;
  readonly #stop = new AbortController();
  readonly #steps = new StepWatch();
  #dueMs = 0;
  #measuring: Promise<void> | undefined;
  #last: { offset: ClockOffset; atMs: number } | undefined;

  constructor(options: ClockWatchOptions) {
    this.#options = options;
  }

  /** The last offset measured, or undefined where there is none or it is too old. */
  findOffset(nowMs: number): ClockOffset | undefined {
    const last = this.#last;
    return last === undefined || nowMs - last.atMs > staleAfterMs ? undefined : last.offset;
  }

  tick(nowMs: number): void {
    const { clock, log } = this.#options;
    const stepUs = this.#steps.observe(clock.nowUs(), nowMs);
    if (stepUs !== 0) {
      log.warn('watch clock: the local clock was set', { byMs: stepUs / 1000 });
      this.#note({ step_us: stepUs });
      this.#last = undefined;
      this.#dueMs = nowMs;
    }
    if (nowMs < this.#dueMs || this.#measuring !== undefined || this.#stop.signal.aborted) return;
    this.#dueMs = nowMs + everyMs;
    this.#measuring = this.#measure().finally(() => {
      this.#measuring = undefined;
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#measuring;
  }

  async #measure(): Promise<void> {
    const { clock, exchange, log } = this.#options;
    const samples: ClockSample[] = [];
    try {
      for (let i = 0; i < samplesPerMeasurement; i++) samples.push(await this.#sample());
    } catch (thrown) {
      if (this.#stop.signal.aborted) return;
      if (!(thrown instanceof OperationalError)) throw thrown;
      log.debug(`measure clock ${exchange.name}: ${formatReason(thrown)}`);
    }
    const offset = measureOffset(samples);
    if (offset === undefined || this.#stop.signal.aborted) return;
    this.#last = { offset, atMs: clock.monotonicMs() };
    this.#note({ offset_us: offset.offsetUs, round_trip_us: offset.roundTripUs });
  }

  async #sample(): Promise<ClockSample> {
    const { client, exchange } = this.#options;
    const answer = await client.get(exchange.rest.formatTime(), this.#stop.signal);
    const { sentUs, receivedUs, body } = answer;
    return { sentUs, receivedUs, serverUs: exchange.rest.parseTimeUs(body) };
  }

  #note(fields: ControlFields): void {
    const nowUs = this.#options.clock.nowUs();
    for (const recorder of this.#options.listRecorders()) {
      recorder.appendControl(nowUs, conn, 'clock', fields);
    }
  }
}
