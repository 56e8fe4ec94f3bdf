// Reads a venue's public daily archive: fetches the zip of one symbol and day, proves it by its
// published SHA-256, and hands out the lines of the CSV in it. Nothing is handed out before the checksum
// holds. Files can be large: they go through a temporary file, never through memory as a whole.

import type { Day } from '../lake/day.ts';
import type { Log } from '../lake/log.ts';
import type { Kline, TradeMark, VenueArchive } from './rest.ts';

export type ArchiveOptions = {
  exchange: string;
  archive: VenueArchive;
  /** The venue's own URL, or the configured one. */
  archiveUrl: string;
  /** Folder for what is being fetched; emptied of it afterwards. */
  tempDir: string;
  log: Log;
  random: () => number;
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

export type ArchiveClient = {
  fetchTrades(
    symbol: string,
    day: Day,
    signal: AbortSignal,
  ): Promise<ArchiveFile<{ mark: TradeMark; json: string }>>;
  fetchKlines(symbol: string, day: Day, signal: AbortSignal): Promise<ArchiveFile<Kline>>;
};

export function openArchive(_options: ArchiveOptions): ArchiveClient {
  throw new Error('not written yet');
}
