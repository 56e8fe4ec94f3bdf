// Reads a venue's public daily archive: fetches the zip of one symbol and day, proves it by its
// published SHA-256, and hands out the lines of the CSV in it. Nothing is handed out before the checksum
// holds. Files can be large: they go through a temporary file, never through memory as a whole.

import { setTimeout as sleep } from 'node:timers/promises';
import { planBackoffMs } from '../lake/backoff.ts';
import type { Day } from '../lake/day.ts';
import { formatReason, OperationalError } from '../lake/errors.ts';
import type { Log } from '../lake/log.ts';
import { download, type StoredFile } from './archive-file.ts';
import { fetchWhole, formatCause } from './http-get.ts';
import type { Kline, TradeMark, VenueArchive } from './rest.ts';
import type { Wait } from './rest-admission.ts';
import { RestError } from './rest-error.ts';
import { judgeStatus } from './rest-verdict.ts';
import { readZipLines } from './zip-lines.ts';

export type ArchiveOptions = {
  exchange: string;
  archive: VenueArchive;
  /** The venue's own URL, or the configured one. */
  archiveUrl: string;
  /** Folder for what is being fetched; emptied of it afterwards. */
  tempDir: string;
  log: Log;
  random: () => number;
  /** How it waits; by timers of the process where it is not given. */
  wait?: Wait;
  /** Without a byte for so long, a download is given up. Default 30 s. */
  stallAfterMs?: number;
};

/** What the archive holds for a symbol and day. `absent`: it has no such file (yet). */
export type ArchiveFile<Row> =
  | { kind: 'absent' }
  | {
      kind: 'present';
      /** Of the zip, as published and as found. */
      sha256: string;
      /** Rows in file order. Ends the temporary file when it is read to the end or left. */
      rows: AsyncIterable<Row>;
    };

export type ArchiveTrade = { mark: TradeMark; json: string };

export type ArchiveClient = {
  /**
   * Reject with RestError where the archive does not answer, with OperationalError where what it answers
   * is not what it published, and with the signal's reason when that is aborted.
   */
  fetchTrades(symbol: string, day: Day, signal: AbortSignal): Promise<ArchiveFile<ArchiveTrade>>;
  fetchKlines(symbol: string, day: Day, signal: AbortSignal): Promise<ArchiveFile<Kline>>;
};

const standardStallAfterMs = 30_000;
const maxChecksumBytes = 10_000;
const maxAttempts = 5;
const backoff = { firstMs: 1000, maxMs: 20_000 };
/** How often a file is fetched whose checksum does not hold. */
const maxFetches = 2;

export function openArchive(options: ArchiveOptions): ArchiveClient {
  const { archive } = options;
  const client = new Archive(options);
  return {
    fetchTrades: (symbol, day, signal) =>
      client.fetch(archive.formatTradesPath(symbol, day), archive.formatTradeRow, signal),
    fetchKlines: (symbol, day, signal) =>
      client.fetch(archive.formatKlinesPath(symbol, day), archive.parseKlineRow, signal),
  };
}

class Archive {
  readonly #options: ArchiveOptions;
  readonly #stallAfterMs: number;

  constructor(options: ArchiveOptions) {
    this.#options = options;
    this.#stallAfterMs = options.stallAfterMs ?? standardStallAfterMs;
  }

  async fetch<Row>(
    path: string,
    parseRow: (line: string) => Row | undefined,
    signal: AbortSignal,
  ): Promise<ArchiveFile<Row>> {
    const url = `${this.#options.archiveUrl.replace(/\/+$/, '')}${path}`;
    const file = await this.#fetchProven(url, signal);
    if (file === undefined) return { kind: 'absent' };
    return { kind: 'present', sha256: file.sha256, rows: readRows(url, file, parseRow, signal) };
  }

  /** The file, its checksum proven; undefined where it or its checksum is not there. */
  async #fetchProven(url: string, signal: AbortSignal): Promise<StoredFile | undefined> {
    let found = '';
    let published: string | undefined;
    for (let fetches = 0; fetches < maxFetches; fetches++) {
      published = await this.#persist(url, signal, () => this.#fetchChecksum(url, signal));
      if (published === undefined) return undefined;
      const file = await this.#persist(url, signal, () => this.#fetchFile(url, signal));
      if (file === undefined || file.sha256 === published) return file;
      await file.drop();
      found = file.sha256;
    }
    throw new OperationalError(`fetch ${url}: its sha256 is ${found}, published is ${published}`, {
      hint: 'the exchange may be replacing the file: try again later',
      retryable: true,
    });
  }

  async #fetchChecksum(url: string, signal: AbortSignal): Promise<string | undefined> {
    const checksumUrl = `${url}${this.#options.archive.checksumSuffix}`;
    const bounds = { withinMs: this.#stallAfterMs, maxBytes: maxChecksumBytes };
    const answer = await fetchWhole({ url: checksumUrl, headers: {}, ...bounds, signal });
    if (answer.status !== 200) {
      return refuseStatus(checksumUrl, answer.status, answer.headers.get('Retry-After'));
    }
    const text = answer.body.toString('utf8');
    const sha256 = /^([0-9a-f]{64})\s/i.exec(text)?.[1];
    if (sha256 !== undefined) return sha256.toLowerCase();
    throw new OperationalError(
      `read ${checksumUrl}: no SHA-256 in ${JSON.stringify(text.slice(0, 100))}`,
      { hint: `exchanges.${this.#options.exchange}.archive_url must be the exchange's archive` },
    );
  }

  async #fetchFile(url: string, signal: AbortSignal): Promise<StoredFile | undefined> {
    const answer = await download(url, this.#options.tempDir, this.#stallAfterMs, signal);
    if (answer.kind === 'stored') return answer.file;
    return refuseStatus(url, answer.status, answer.retryAfter);
  }

  /** Runs `action` until it succeeds, as often as is worth it. */
  async #persist<T>(url: string, signal: AbortSignal, action: () => Promise<T>): Promise<T> {
    const { log, random, wait = sleepUnlessAborted } = this.#options;
    for (let attempt = 0; ; attempt++) {
      try {
        return await action();
      } catch (thrown) {
        if (signal.aborted) throw signal.reason;
        const error = this.#describe(url, thrown);
        if (!error.retryable || attempt + 1 >= maxAttempts) throw error;
        log.debug(`${error.message}; trying again`);
      }
      try {
        await wait(planBackoffMs(attempt, backoff, random), signal);
      } catch (thrown) {
        throw signal.aborted ? signal.reason : thrown;
      }
    }
  }

  #describe(url: string, thrown: unknown): OperationalError {
    if (thrown instanceof OperationalError) return thrown;
    return new RestError(`fetch ${url}: ${formatCause(thrown)}`, {
      hint: `check the network, free space, and exchanges.${this.#options.exchange}.archive_url`,
      retryable: true,
      cause: thrown,
    });
  }
}

function sleepUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal });
}

/** Undefined where there is no such file; throws for every other status. */
function refuseStatus(url: string, status: number, retryAfter: string | null): undefined {
  if (status === 404) return undefined;
  const { kind } = judgeStatus(status, retryAfter, 0);
  const retryable = kind === 'transient' || kind === 'blocked';
  throw new RestError(`fetch ${url}: status ${status}`, { status, retryable });
}

async function* readRows<Row>(
  url: string,
  file: StoredFile,
  parseRow: (line: string) => Row | undefined,
  signal: AbortSignal,
): AsyncGenerator<Row> {
  let number = 0;
  try {
    for await (const lines of readZipLines(file.path)) {
      signal.throwIfAborted();
      for (const line of lines) {
        number++;
        const row = parseRow(line);
        if (row !== undefined) yield row;
        else if (number > 1) throw new Error('a header in the middle');
      }
    }
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    throw new OperationalError(`read ${url} line ${number}: ${formatReason(thrown)}`, {
      hint: 'the exchange published it so: ask it to mend the file, or fill from REST',
      cause: thrown,
    });
  } finally {
    await file.drop();
  }
}
