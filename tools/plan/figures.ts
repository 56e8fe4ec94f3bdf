// What a message costs, as measured; and what a bucket costs, as listed. The plan multiplies these. Holds
// no effects.

/**
 * `npx node bench/main.ts sizing stack`, 2026-11-21, on 2 cores of an Intel Xeon at 2.5 GHz that were shared
 * with other work: of the sessions of BTCUSDT and ETHUSDT recorded on 2024-08-08/09, and of the embedded
 * exchange.
 */
export const figures = {
  /** A line of the raw parts, and what packing leaves of parts of a minute. */
  rawBytesPerMessage: 196,
  packedShare: { none: 1, gzip: 0.07, zstd: 0.07 },
  /** Parquet, with snappy. */
  barBytes: 124,
  tradeBytes: 28,
  /** The collector: of one core, and per message. */
  collectCpuShare: 0.018,
  collectCpuUs: 21,
  /** A transform: per run, per symbol and run, and per message, at the end of a day, where it is dearest. */
  transformCpuSeconds: 1.1,
  transformCpuSecondsPerSymbol: 1,
  transformCpuUs: 11,
  /** Resident memory, in megabytes. */
  orchestrateMegabytes: 130,
  collectMegabytes: 155,
  collectMegabytesPerSymbol: 0.25,
  /** Besides DuckDB's, which `transformer.memory_limit` bounds. */
  transformMegabytes: 150,
  /** The dashboard, and a job that runs for a while. */
  otherMegabytes: 230,
} as const;

/** Trades per second and messages of other channels per trade, of symbols whose sessions were recorded. */
export const recordedLoads: Readonly<Record<string, { trades: number; others: number }>> = {
  BTCUSDT: { trades: 30.6, others: 3.68 },
  ETHUSDT: { trades: 22.3, others: 4.05 },
};

/** Of any other symbol: trades as TRXUSDT had them on 2025-03-04, quotes as of the two above. */
export const assumedLoad = { trades: 3.5, others: 3.9 } as const;

/** US dollars, list prices without taxes, transfer and free quotas: check them before you rely on them. */
export const listPrices = [
  {
    store: 'gcs',
    name: 'Google Cloud Storage, Standard, us-central1',
    gigabyteMonth: 0.02,
    thousandWrites: 0.005,
    listed: 'cloud.google.com/storage/pricing, as of 2022-12-30',
  },
  {
    store: 's3',
    name: 'Amazon S3, Standard, us-east-1, first 50 TB',
    gigabyteMonth: 0.023,
    thousandWrites: 0.005,
    listed: 'aws.amazon.com/s3/pricing, as of 2024',
  },
] as const;

/** Machines to choose from, the smallest first. */
export const machines = [
  { cores: 2, gigabytes: 2 },
  { cores: 2, gigabytes: 4 },
  { cores: 4, gigabytes: 8 },
  { cores: 8, gigabytes: 16 },
  { cores: 16, gigabytes: 32 },
] as const;
