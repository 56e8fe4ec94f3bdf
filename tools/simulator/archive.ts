// The public archive as the exchange serves it: a zip per symbol and day, and its checksum, once the day
// is over. A file never changes after it was first asked for; the latest ones are kept in memory.
// Source: github.com/binance/binance-public-data, README, 2025-01-09.

import { createHash } from 'node:crypto';
import { isDay, startOfDayUs, usPerDay } from '../../lake/day.ts';
import { formatKlineRows, formatTradeRows, type RowDefects } from './archive-rows.ts';
import { formatError, type HttpAnswer } from './http-answer.ts';
import type { Source } from './source.ts';
import { createZip } from './zip.ts';

export type ArchiveOptions = RowDefects & {
  /**
   * How long after a day's end, and a second, its files appear, ms. Negative: that long before, with what
   * there is when they are first asked for. Default 0.
   */
  publishAfterMs?: number;
  /** Names of zips that are not there. */
  absent?: readonly string[];
  /** The first so many checksums asked for do not hold. */
  wrongChecksums?: number;
  /** The first so many requests get 503. */
  failures?: number;
};

type FileName = { symbol: string; kind: 'trades' | '1s'; day: string; zip: string };

/** Trades of a moment are on their way to the streams for a while. */
const settleUs = 1_000_000;
const maxCachedBytes = 256 * 1024 * 1024;
/** Files whose contents are remembered to be fixed; beyond it the oldest is forgotten. */
const maxRemembered = 10_000;

export class Archive {
  readonly #source: Source;
  readonly #options: ArchiveOptions;
  #wrongLeft: number;
  #failuresLeft: number;
  /** Up to when the contents of each file go. */
  readonly #untilUs = new Map<string, number>();
  readonly #zips = new Map<string, Promise<Buffer>>();
  #cachedBytes = 0;

  constructor(source: Source, options: ArchiveOptions = {}) {
    this.#source = source;
    this.#options = options;
    this.#wrongLeft = options.wrongChecksums ?? 0;
    this.#failuresLeft = options.failures ?? 0;
  }

  /** The answer to a path below `/data/`. */
  async answer(path: string): Promise<HttpAnswer> {
    if (this.#failuresLeft > 0) {
      this.#failuresLeft--;
      return formatError(503, 0, 'Slow Down');
    }
    const isChecksum = path.endsWith('.CHECKSUM');
    const file = parsePath(isChecksum ? path.slice(0, -'.CHECKSUM'.length) : path);
    if (file === undefined || !this.#isPublished(file)) return formatError(404, 0, 'NoSuchKey');
    const zip = await this.#findZip(file);
    const headers = { 'Content-Type': 'binary/octet-stream' };
    return { status: 200, headers, body: isChecksum ? this.#formatChecksum(file, zip) : zip };
  }

  #isPublished({ symbol, day, zip }: FileName): boolean {
    const { instruments, history, nowUs } = this.#source;
    const { publishAfterMs = 0, absent = [] } = this.#options;
    if (!instruments.some((instrument) => instrument.symbol === symbol)) return false;
    const endUs = startOfDayUs(day) + usPerDay;
    const first = history.first(symbol);
    if (first === undefined || first.timeUs >= endUs || absent.includes(zip)) return false;
    return nowUs() >= endUs + settleUs + publishAfterMs * 1000;
  }

  #formatChecksum({ zip }: FileName, bytes: Buffer): string {
    const hash = createHash('sha256').update(bytes);
    if (this.#wrongLeft > 0) {
      this.#wrongLeft--;
      hash.update('of another file');
    }
    return `${hash.digest('hex')}  ${zip}\n`;
  }

  async #findZip(file: FileName): Promise<Buffer> {
    const found = this.#zips.get(file.zip);
    if (found !== undefined) return found;
    const made = this.#makeZip(file);
    this.#zips.set(file.zip, made);
    made.catch(() => this.#zips.delete(file.zip));
    this.#cachedBytes += (await made).length;
    for (const [name, zip] of this.#zips) {
      if (this.#cachedBytes <= maxCachedBytes || name === file.zip) break;
      this.#zips.delete(name);
      this.#cachedBytes -= (await zip).length;
    }
    return made;
  }

  #makeZip({ symbol, kind, day, zip }: FileName): Promise<Buffer> {
    const { history } = this.#source;
    const span = { symbol, fromUs: startOfDayUs(day), untilUs: this.#fixEnd(day, zip) };
    const format = kind === 'trades' ? formatTradeRows : formatKlineRows;
    return createZip(zip.replace(/zip$/, 'csv'), format(history, span, this.#options));
  }

  #fixEnd(day: string, zip: string): number {
    const fixed = this.#untilUs.get(zip);
    if (fixed !== undefined) return fixed;
    const settledUs = Math.floor((this.#source.nowUs() - settleUs) / 1_000_000) * 1_000_000;
    const untilUs = Math.min(startOfDayUs(day) + usPerDay, settledUs);
    if (this.#untilUs.size >= maxRemembered) {
      this.#untilUs.delete(this.#untilUs.keys().next().value!);
    }
    this.#untilUs.set(zip, untilUs);
    return untilUs;
  }
}

function parsePath(path: string): FileName | undefined {
  const [, kind, symbol, rest] =
    /^\/data\/spot\/daily\/(trades|klines)\/([^/]+)\/(?:1s\/)?([^/]+)$/.exec(
      decodeURIComponent(path),
    ) ?? [];
  const [, day] = /-(\d{4}-\d{2}-\d{2})\.zip$/.exec(rest ?? '') ?? [];
  if (symbol === undefined || day === undefined || !isDay(day)) return undefined;
  const name = kind === 'trades' ? 'trades' : '1s';
  const zip = `${symbol}-${name}-${day}.zip`;
  return rest === zip ? { symbol, kind: name, day, zip } : undefined;
}
