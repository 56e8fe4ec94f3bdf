// Fetches trades of one symbol and day from the venue's daily archive into raw parts: the wanted ones
// of the file, as the rows of REST read. What is wrong with the file is found on the way.

import { type Day, formatDay } from '../../lake/day.ts';
import {
  ArchiveAudit,
  type ArchiveRow,
  type ArchiveVerdict,
  listDefects,
} from './archive-audit.ts';
import type { FillWork } from './fill-work.ts';

export type ArchiveOutcome =
  /** Not published, or not yet. */
  | { kind: 'absent' }
  | {
      kind: 'present';
      sha256: string;
      /** Wanted ones. */
      trades: number;
      unwanted: number;
      verdict: ArchiveVerdict;
      /** What is wrong with the file, `2026-11-20: 3 rows doubled`. */
      defects: string[];
    };

const rowsPerLine = 1000;

/**
 * Fetches the trades of the day's file that `isWanted`; the file is read and judged as a whole. The
 * running day has none.
 */
export async function fillFromArchive(
  work: FillWork,
  day: Day,
  isWanted: (row: ArchiveRow) => boolean,
): Promise<ArchiveOutcome> {
  const { access, instrument, clock, signal, log } = work;
  if (day >= formatDay(clock.nowUs())) return { kind: 'absent' };
  const file = await access.archive.fetchTrades(instrument.symbol, day, signal);
  if (file.kind === 'absent') return file;
  const { sha256 } = file;
  const audit = new ArchiveAudit();
  let line: ArchiveRow[] = [];
  let trades = 0;
  let unwanted = 0;
  const flush = async () => {
    if (line.length > 0) await appendLine(work, sha256, line);
    line = [];
  };
  for await (const row of file.rows) {
    signal.throwIfAborted();
    if (!audit.take(row)) continue;
    if (!isWanted(row)) {
      unwanted++;
      continue;
    }
    trades++;
    line.push(row);
    if (line.length === rowsPerLine) await flush();
  }
  await flush();
  const verdict = audit.judge();
  const defects = listDefects(verdict).map((defect) => `${day}: ${defect}`);
  const name = `${instrument.exchange}/${instrument.symbol}`;
  for (const defect of defects) log.warn(`read archive ${name} ${defect}`, { sha256 });
  return { kind: 'present', sha256, trades, unwanted, verdict, defects };
}

async function appendLine(
  { parts, clock, onTrades }: FillWork,
  sha256: string,
  rows: readonly ArchiveRow[],
): Promise<void> {
  await parts.append({
    source: 'archive',
    receivedUs: clock.nowUs(),
    rows: Buffer.from(`[${rows.map(({ json }) => json).join(',')}]`),
    marks: rows.map(({ mark }) => mark),
    sha256,
  });
  onTrades(rows.length);
}
