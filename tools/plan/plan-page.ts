// A plan as text: a table of the symbols, what the machine needs, what a bucket costs, and when the disk is
// full; each with where the figure comes from. Holds no effects.

import { figures, listPrices } from './figures.ts';
import type { SizedConfig, Sizing } from './sizing.ts';

/** When the disk is full; `days` is null where that is not foreseen. */
export type Outlook =
  | { basis: 'no disk' }
  | { basis: 'measured here' | 'planned'; days: number | null; freeBytes: number; bytes: number };

export function formatPlan(sizing: Sizing, outlook: Outlook, config: SizedConfig): string {
  return [
    formatSymbols(sizing, config),
    formatMachine(sizing, config),
    formatBucket(sizing),
    formatOutlook(outlook),
    'Rates: measured here = by the raw manifests of the last days; recorded = a session of 2024-08-08;\n' +
      'assumed = as a quiet pair. Quiet and busy days differ by several times: look again after a week.',
  ].join('\n\n');
}

function formatSymbols({ symbols, total }: Sizing, { collector }: SizedConfig): string {
  const head = ['', 'messages/s', 'raw GB/day', 'gzip', 'zstd', 'Parquet GB/day', 'rates'];
  const row = (name: string, size: Sizing['total'], basis: string) => [
    name,
    size.messages.toFixed(1),
    gb(size.plainBytes),
    gb(size.plainBytes * figures.packedShare.gzip),
    gb(size.plainBytes * figures.packedShare.zstd),
    gb(size.parquetBytes),
    basis,
  ];
  const rows = symbols.map((symbol) => row(symbol.name, symbol, symbol.basis));
  const sum = row(`${symbols.length} symbols`, total, `compress: ${collector.compress}`);
  return alignColumns([head, ...rows, sum]);
}

function formatMachine({ cpu, memory, disk, machine }: Sizing, config: SizedConfig): string {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const kept = `${config.cleanup.raw_retention_days} days of raw parts`;
  const lines = [
    `CPU      collector ${percent(cpu.collect)} of a core; transforms ${percent(cpu.transform)} at the end of a day, less before`,
    `Memory   ${memory.all.toFixed(0)} MB: orchestrator ${memory.orchestrate}, collector ${memory.collect.toFixed(0)}, transform up to ${memory.transform.toFixed(0)}, web and a job ${memory.other}`,
    `Disk     ${gb(disk.bytes)} GB: ${kept} (${gb(disk.rawBytes)}), ${disk.parquetDays} days of Parquet (${gb(disk.parquetBytes)}), below ${config.cleanup.disk_alert_percent} % of it`,
  ];
  const chosen =
    machine === undefined
      ? 'Machine  more than 16 cores or 32 GB: spread the symbols over several collectors'
      : `Machine  ${machine.cores} cores, ${machine.gigabytes} GB, disk of ${machine.diskGigabytes} GB`;
  return [...lines, chosen].join('\n');
}

function formatBucket({ upload }: Sizing): string {
  const gigabytes = upload.bytes / 1e9;
  const prices = listPrices.map(({ name, gigabyteMonth, thousandWrites, listed }) => {
    const writes = (upload.writes / 1000) * thousandWrites;
    const [first, year] = [gigabytes, gigabytes * 12].map((gb) => gb * gigabyteMonth + writes);
    const cost = `$${first!.toFixed(2)} in the first month, $${year!.toFixed(2)} in the twelfth`;
    return `         ${cost}: ${name}\n           list price of ${listed}`;
  });
  const head = `Bucket   ${gigabytes.toFixed(1)} GB and ${Math.round(upload.writes)} objects more each month`;
  return [head, ...prices].join('\n');
}

function formatOutlook(outlook: Outlook): string {
  if (outlook.basis === 'no disk') return 'Full     the root is not there yet: nothing to foretell';
  const { days, freeBytes, bytes, basis } = outlook;
  const room = `${gb(freeBytes)} of ${gb(bytes)} GB are free`;
  const by = basis === 'planned' ? 'by this plan' : 'by what the last days brought';
  const when = days === null ? 'not within ten years' : `in ${days.toFixed(1)} days`;
  return `Full     ${when}, ${by}; ${room}`;
}

function gb(bytes: number): string {
  const gigabytes = bytes / 1e9;
  return gigabytes.toFixed(gigabytes < 0.1 ? 3 : gigabytes < 10 ? 2 : 1);
}

/** The first column to the left, the others to the right, but for the last. */
function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  const align = (text: string, at: number) =>
    at === 0 || at === widths.length - 1 ? text.padEnd(widths[at]!) : text.padStart(widths[at]!);
  return rows.map((row) => row.map(align).join('  ').trimEnd()).join('\n');
}
