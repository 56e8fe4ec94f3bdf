// What a configuration needs, from how many messages its symbols bring and what a message costs. Holds no
// effects.

import type { Config } from '../../lake/config.ts';
import { findPartitionDays } from '../health/disk-outlook.ts';
import { figures, machines } from './figures.ts';

/** Where the rates of a symbol come from. */
export type LoadBasis = 'measured here' | 'recorded' | 'assumed';

export type SymbolLoad = {
  /** `<exchange>/<SYMBOL>` */
  name: string;
  /** Per second; messages are those of all channels, trades included. */
  trades: number;
  messages: number;
  basis: LoadBasis;
};

export type SymbolSize = SymbolLoad & {
  /** Bytes a day, packed as the configuration says, and not at all. */
  rawBytes: number;
  plainBytes: number;
  parquetBytes: number;
};

export type Sizing = {
  symbols: SymbolSize[];
  total: Omit<SymbolSize, 'name' | 'basis'>;
  /** Share of one core. */
  cpu: { collect: number; transform: number };
  /** Megabytes, of each process and of all that may run at once. */
  memory: { orchestrate: number; collect: number; transform: number; other: number; all: number };
  disk: { rawBytes: number; parquetBytes: number; parquetDays: number; bytes: number };
  /** What goes to each store in a month of 30 days. */
  upload: { bytes: number; writes: number };
  machine: { cores: number; gigabytes: number; diskGigabytes: number } | undefined;
};

const secondsPerDay = 86_400;
/** Of the disk and for sizing: what is kept for ever is counted for so many days. */
const foreverDays = 90;
const monthDays = 30;
/** Of the machine's cores and memory, what the lake may use when all goes well. */
const usableShare = 0.5;

/** The part of a configuration that the plan goes by. */
export type SizedConfig = Omit<Config, 'root' | 'exchanges'>;

export function planSizing(loads: readonly SymbolLoad[], config: SizedConfig): Sizing {
  const symbols = loads.map((load) => sizeSymbol(load, config));
  const sum = (read: (symbol: SymbolSize) => number) =>
    symbols.reduce((total, symbol) => total + read(symbol), 0);
  const total = {
    trades: sum((symbol) => symbol.trades),
    messages: sum((symbol) => symbol.messages),
    rawBytes: sum((symbol) => symbol.rawBytes),
    plainBytes: sum((symbol) => symbol.plainBytes),
    parquetBytes: sum((symbol) => symbol.parquetBytes),
  };
  const cpu = planCpu(total.messages, symbols.length, config);
  const memory = planMemory(symbols.length, config);
  const disk = planDisk(total, config);
  const upload = planUpload(total, symbols.length, config);
  const machine = chooseMachine(cpu, memory, disk, config);
  return { symbols, total, cpu, memory, disk, upload, machine };
}

function sizeSymbol(load: SymbolLoad, { collector, transformer }: SizedConfig): SymbolSize {
  const lines = load.messages * collector.redundancy * secondsPerDay;
  const plainBytes = lines * figures.rawBytesPerMessage;
  const rawBytes = plainBytes * figures.packedShare[collector.compress];
  const tradesBytes = load.trades * secondsPerDay * figures.tradeBytes;
  const parquetBytes =
    secondsPerDay * figures.barBytes + (transformer.datasets.includes('trades') ? tradesBytes : 0);
  return { ...load, rawBytes, plainBytes, parquetBytes };
}

function planCpu(messages: number, symbols: number, { collector, transformer }: SizedConfig) {
  const heard = messages * collector.redundancy;
  const runSeconds = transformer.interval_minutes * 60;
  const perRun =
    figures.transformCpuSeconds +
    symbols * figures.transformCpuSecondsPerSymbol +
    (heard * runSeconds * figures.transformCpuUs) / 1e6;
  return {
    collect: figures.collectCpuShare + (heard * figures.collectCpuUs) / 1e6,
    transform: perRun / runSeconds,
  };
}

function planMemory(symbols: number, { transformer }: SizedConfig) {
  const orchestrate = figures.orchestrateMegabytes;
  const collect = figures.collectMegabytes + symbols * figures.collectMegabytesPerSymbol;
  const transform = figures.transformMegabytes + parseMegabytes(transformer.memory_limit);
  const other = figures.otherMegabytes;
  return { orchestrate, collect, transform, other, all: orchestrate + collect + transform + other };
}

/** `512MB`, `2GiB` */
function parseMegabytes(text: string): number {
  const amount = Number.parseInt(text, 10);
  const isBinary = text.endsWith('iB');
  const mega = isBinary ? 1.048576 : 1;
  return text.includes('G') ? amount * (isBinary ? 1024 : 1000) * mega : amount * mega;
}

function planDisk(
  { rawBytes: rawPerDay, parquetBytes: parquetPerDay }: Sizing['total'],
  config: SizedConfig,
): Sizing['disk'] {
  const parquetDays = findPartitionDays(config) ?? foreverDays;
  // A day that is over waits for the next cleanup.
  const rawBytes = rawPerDay * (config.cleanup.raw_retention_days + 1);
  const parquetBytes = parquetPerDay * (parquetDays + 1);
  const usable = config.cleanup.disk_alert_percent / 100;
  return { rawBytes, parquetBytes, parquetDays, bytes: (rawBytes + parquetBytes) / usable };
}

function planUpload(
  { plainBytes, parquetBytes }: Sizing['total'],
  symbols: number,
  { upload, transformer, collector }: SizedConfig,
): Sizing['upload'] {
  const sendsRaw = upload.raw || upload.raw_batch_seconds > 0 || upload.raw_batch_messages > 0;
  const rawBytes = sendsRaw ? plainBytes * figures.packedShare.zstd : 0;
  const parts = sendsRaw ? (symbols * secondsPerDay) / collector.rotate_seconds : 0;
  // A Parquet file and its manifest.
  const files = symbols * transformer.datasets.length * 2;
  return { bytes: (parquetBytes + rawBytes) * monthDays, writes: (files + parts) * monthDays };
}

/** The smallest that has room to spare; undefined where none has. */
function chooseMachine(
  cpu: Sizing['cpu'],
  memory: Sizing['memory'],
  disk: Sizing['disk'],
  config: SizedConfig,
): Sizing['machine'] {
  const cores = cpu.collect + cpu.transform;
  const chosen = machines.find(
    (machine) =>
      // The collector has one core; a transform must be done well before the next one.
      cpu.collect < usableShare &&
      cpu.transform < usableShare * Math.min(config.transformer.threads, machine.cores) &&
      cores < machine.cores * usableShare &&
      memory.all / 1000 < machine.gigabytes * usableShare,
  );
  if (chosen === undefined) return undefined;
  return { ...chosen, diskGigabytes: Math.max(20, Math.ceil(disk.bytes / 1e9 / 10) * 10) };
}
