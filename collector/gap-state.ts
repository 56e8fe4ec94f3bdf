// What is missing, kept over a restart: `state/collect/gaps.json` holds every gap of every symbol that is
// not filled, or whose filling is not in a sealed part yet. It is rewritten whole, one write at a time, as
// soon as something has changed, so that after a kill the next run goes on filling where this one was.

import { z } from 'zod';
import { readTextIfPresent, writeFileDurably } from '../lake/durable.ts';
import { formatReason } from '../lake/errors.ts';
import { findJson } from '../lake/json.ts';
import { gapStatePath, type Instrument } from '../lake/layout.ts';
import type { Log } from '../lake/log.ts';
import { addRange, type IdRange } from './id-ranges.ts';

const stateSchema = z.record(z.string(), z.array(z.tuple([z.int(), z.int()])));

/** A symbol whose gaps are kept. */
export type GapSource = {
  readonly instrument: Instrument;
  /** Changes whenever the list below may have. */
  readonly gapChanges: number;
  listUnsealedGaps(): readonly IdRange[];
};

export class GapState {
  readonly #path: string;
  readonly #log: Log;
  readonly #seen = new Map<GapSource, number>();
  #writing: Promise<void> | undefined;
  #hasFailed = false;

  constructor(root: string, log: Log) {
    this.#path = gapStatePath(root);
    this.#log = log;
  }

  /** What an earlier run has left, by `<exchange>/<SYMBOL>`; nothing where it cannot be read. */
  async read(): Promise<ReadonlyMap<string, IdRange[]>> {
    const text = await readTextIfPresent(this.#path);
    const gaps = new Map<string, IdRange[]>();
    if (text === undefined) return gaps;
    const state = parseState(text);
    if (state === undefined) {
      const hint = 'what was missing is found again by --mode backfill; the file will be replaced';
      this.#log.warn(`read gaps ${this.#path}: it is damaged`, { hint });
      return gaps;
    }
    for (const [name, pairs] of Object.entries(state)) {
      gaps.set(
        name,
        pairs.map(([from, to]) => ({ from, to })),
      );
    }
    return gaps;
  }

  /** Adds what a symbol lacks to what an earlier run has left. Throws where that cannot be written. */
  async add(instrument: Instrument, ids: readonly IdRange[]): Promise<void> {
    const all = await this.read();
    const name = formatInstrument(instrument);
    const own = all.get(name) ?? [];
    for (const range of ids) addRange(own, range);
    await writeFileDurably(this.#path, formatGaps([...all, [name, own]]));
  }

  /** Starts to write what has changed since the last write. */
  save(sources: readonly GapSource[]): void {
    if (this.#writing !== undefined) return;
    const changed = sources.filter((source) => this.#seen.get(source) !== source.gapChanges);
    if (changed.length === 0) return;
    for (const source of changed) this.#seen.set(source, source.gapChanges);
    this.#writing = this.#write(formatState(sources)).finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when everything there is to keep is on disk. */
  async finish(sources: readonly GapSource[]): Promise<void> {
    await this.#writing;
    this.save(sources);
    await this.#writing;
  }

  /** A state that cannot be written costs a search by `backfill`; collecting goes on. */
  async #write(text: string): Promise<void> {
    try {
      await writeFileDurably(this.#path, text);
      this.#hasFailed = false;
    } catch (thrown) {
      this.#seen.clear();
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      this.#log.warn(`write gaps ${this.#path}: ${formatReason(thrown)}; trying again`);
    }
  }
}

export function formatInstrument({ exchange, symbol }: Instrument): string {
  return `${exchange}/${symbol}`;
}

function formatState(sources: readonly GapSource[]): string {
  return formatGaps(
    sources.map((source) => [formatInstrument(source.instrument), source.listUnsealedGaps()]),
  );
}

function formatGaps(gaps: readonly (readonly [string, readonly IdRange[]])[]): string {
  const state: Record<string, [number, number][]> = {};
  for (const [name, ids] of gaps) {
    if (ids.length > 0) state[name] = ids.map(({ from, to }) => [from, to]);
  }
  return `${JSON.stringify(state)}\n`;
}

function parseState(text: string): z.infer<typeof stateSchema> | undefined {
  return stateSchema.safeParse(findJson(text)).data;
}
