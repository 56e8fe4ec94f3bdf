// The shape of the configuration: every key, its type, its bounds and its default. The same words
// stand in config.yml, where each is explained to the user. Holds no effects.

import { resolve } from 'node:path';
import { Cron } from 'croner';
import { z } from 'zod';

const schedule = z.string().refine(isCronExpression, 'must be a cron expression of five fields');
const positive = z.int().positive();
const memorySize = z.string().regex(/^\d+(MB|GB|MiB|GiB)$/, 'must be a size such as 512MB or 2GB');
/** An address of an exchange: whoever asks there, `fetch` among them, sends no user and password. */
const publicAddress = z.string().refine((text) => !splitUrls(text).some(hasCredentials), {
  error: 'must hold no user and no password: an exchange is asked without',
});
const url = (schemes: string[]) =>
  publicAddress.refine((text) => isUrl(text, schemes), {
    error: `must be a URL that begins with ${formatSchemes(schemes)}`,
  });
/** An HTTP address, or nothing. */
const optionalUrl = z.string().refine((text) => text === '' || isUrl(text, ['http:', 'https:']), {
  error: 'must be a URL that begins with http:// or https://',
});
/** One URL, or several separated by commas. */
const urls = (schemes: string[]) =>
  publicAddress.refine((text) => splitUrls(text).every((one) => isUrl(one, schemes)), {
    error: `must be a URL that begins with ${formatSchemes(schemes)}, or several separated by commas`,
  });

/** Put before the names of objects: no slash at its ends, no step upwards. */
const keyPrefix = z
  .string()
  .refine(
    (text) => text === '' || !/^\/|\/$|\/\/|(^|\/)\.\.?(\/|$)|[\p{Cc}\\]/u.test(text),
    'must be a path such as market/lake, without / at its ends',
  );

/** How long copies are kept here, and when they are made; the same for every kind of store. */
const storeRetention = {
  upload_retention_days: positive.default(7),
  delete_after_upload: z.boolean().default(false),
  schedule: schedule.default('0 3 * * *'),
};

/** What an operator can be told of; `lake` is everything that has no name of its own. */
export const alertConditions = [
  'collector_stopped',
  'stream_silent',
  'gap',
  'completeness',
  'transform_failed',
  'transform_late',
  'reconcile',
  'upload_failed',
  'upload_late',
  'reconnects',
  'restarts',
  'memory',
  'disk',
  'clock',
  'job_failed',
  'cascade',
  'lake',
] as const;
export type AlertCondition = (typeof alertConditions)[number];

/** 13 liquid USDT pairs. */
export const defaultSymbols = [
  'BTCUSDT',
  'ETHUSDT',
  'BNBUSDT',
  'SOLUSDT',
  'XRPUSDT',
  'DOGEUSDT',
  'ADAUSDT',
  'AVAXUSDT',
  'LINKUSDT',
  'DOTUSDT',
  'LTCUSDT',
  'TRXUSDT',
  'BCHUSDT',
];

const symbol = z
  .string()
  .regex(/^[\p{L}\p{N}_-]+$/u, 'must consist of letters, digits, - and _')
  .refine((text) => text === text.toUpperCase(), 'must be in capitals, as the exchange names it');

/** Whether an exchange may name a symbol so. */
export function isSymbol(text: string): boolean {
  return symbol.safeParse(text).success;
}

/**
 * The lake's folder stands in patterns of files, where these characters mean more than themselves: folders beside it
 * would be read as if they were of the lake. DuckDB takes a folder `year=2020` for a column.
 */
const lakeFolder = z
  .string()
  .min(1)
  .refine(
    (text) => !/[*?[\]{}\\=]/.test(resolve(text)),
    'must lead through no name with * ? [ ] { } = or \\',
  );

const exchangeSchema = z.strictObject({
  symbols: z
    .array(symbol)
    .min(1, 'must name at least one symbol')
    .refine((list) => new Set(list).size === list.length, 'must not name a symbol twice')
    .default(defaultSymbols),
  channels: z
    .array(z.string())
    .min(1, 'must name at least one channel')
    .default(['trade', 'bookTicker']),
  ws_url: urls(['ws:', 'wss:']).optional(),
  rest_url: url(['http:', 'https:']).optional(),
  archive_url: url(['http:', 'https:']).optional(),
});

export const configSchema = z.strictObject({
  root: lakeFolder.default('/data'),
  exchanges: z
    .record(z.string(), exchangeSchema)
    .refine((named) => Object.keys(named).length > 0, 'must name at least one exchange')
    .prefault({ binance: {} }),
  collector: z
    .strictObject({
      rotate_seconds: positive.max(3600).default(60),
      rotate_max_megabytes: positive.max(4096).default(64),
      rotate_max_messages: z.int().min(0).default(0),
      flush_milliseconds: positive.min(10).max(10_000).default(200),
      compress: z.enum(['none', 'gzip', 'zstd']).default('none'),
      redundancy: z.union([z.literal(1), z.literal(2)]).default(1),
    })
    .prefault({}),
  transformer: z
    .strictObject({
      interval_minutes: z.number().positive().max(1440).default(60),
      datasets: z
        .array(z.enum(['bars_1s', 'trades']))
        .min(1)
        .refine((list) => list.includes('bars_1s'), 'must contain bars_1s')
        .default(['bars_1s', 'trades']),
      compression: z.enum(['snappy', 'zstd']).default('snappy'),
      memory_limit: memorySize.default('512MB'),
      threads: positive.max(256).default(2),
    })
    .prefault({}),
  live: z
    .strictObject({
      enabled: z.boolean().default(false),
      interval_seconds: z.number().positive().max(60).default(1),
      memory_limit: memorySize.default('128MB'),
    })
    .prefault({}),
  fill: z
    .strictObject({
      rest_weight_percent: positive.max(90).default(80),
      schedule: schedule.default('30 4 * * *'),
    })
    .prefault({}),
  reconcile: z
    .strictObject({
      enabled: z.boolean().default(true),
      interval_minutes: z.number().positive().max(1440).default(15),
    })
    .prefault({}),
  health: z.strictObject({ interval_seconds: positive.default(60) }).prefault({}),
  cleanup: z
    .strictObject({
      raw_retention_days: positive.default(7),
      disk_alert_percent: positive.max(100).default(80),
      log_retention_days: positive.default(30),
      log_max_megabytes: positive.default(200),
      schedule: schedule.default('0 2 * * *'),
    })
    .prefault({}),
  upload: z
    .strictObject({
      settle_minutes: z.int().min(0).default(120),
      wait_hours: z.int().min(0).default(48),
      concurrency: positive.max(64).default(4),
      raw: z.boolean().default(false),
      raw_prefix: keyPrefix.min(1).default('raw'),
      raw_batch_seconds: z.int().min(0).default(0),
      raw_batch_messages: z.int().min(0).default(0),
    })
    .prefault({}),
  gcs: z
    .strictObject({
      bucket_name: z.string().default(''),
      prefix: keyPrefix.default(''),
      ...storeRetention,
      api_endpoint: optionalUrl.default(''),
    })
    .prefault({}),
  s3: z
    .strictObject({
      bucket_name: z.string().default(''),
      prefix: keyPrefix.default(''),
      region: z.string().default(''),
      endpoint: optionalUrl.default(''),
      ...storeRetention,
    })
    .prefault({}),
  folder: z
    .strictObject({
      path: z.string().default(''),
      ...storeRetention,
    })
    .prefault({}),
  alerting: z
    .strictObject({
      webhook_url: optionalUrl.default(''),
      rate_limit_minutes: positive.default(60),
      conditions: z.array(z.enum(alertConditions)).default([]),
      gap_minutes: z.number().positive().default(5),
      completeness_percent: z.number().min(0).max(100).default(99.9),
      upload_failure_percent: z.number().min(0).max(100).default(10),
      upload_late_hours: positive.default(36),
      reconnects_per_hour: positive.default(5),
      restarts_per_hour: positive.default(3),
      memory_megabytes: z.int().min(0).default(0),
      clock_offset_ms: positive.default(1000),
    })
    .prefault({}),
  web: z
    .strictObject({
      enabled: z.boolean().default(true),
      host: z.string().default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(8080),
      token: z
        .string()
        .regex(/^([\x21-\x7e]{8,})?$/, 'must be 8 or more ASCII characters without spaces')
        .default(''),
      memory_limit: memorySize.default('256MB'),
      sql_memory_limit: memorySize.default('512MB'),
      sql_seconds: z.int().min(1).max(600).default(30),
      sql_rows: z.int().min(1).max(100_000).default(10_000),
      export_rows: z.int().min(1).max(100_000_000).default(5_000_000),
      max_streams: z.int().min(1).max(1000).default(100),
    })
    .refine(({ host, token }) => token !== '' || isLoopback(host), {
      path: ['host'],
      error: 'must be a loopback address such as 127.0.0.1 while web.token is empty',
    })
    .prefault({}),
});

/** Whether nobody but this machine can reach what listens there. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function isUrl(text: string, schemes: readonly string[]): boolean {
  return schemes.includes(URL.parse(text)?.protocol ?? '');
}

function hasCredentials(text: string): boolean {
  const address = URL.parse(text);
  return address !== null && address.username + address.password !== '';
}

function formatSchemes(schemes: readonly string[]): string {
  return schemes.map((scheme) => `${scheme}//`).join(' or ');
}

/** The URLs of a value that may hold several. */
export function splitUrls(text: string): string[] {
  return text.split(',').map((one) => one.trim());
}

function isCronExpression(text: string): boolean {
  try {
    // Null for a date that never comes, 31 February.
    return new Cron(text, { mode: '5-part', timezone: 'UTC' }).nextRun() !== null;
  } catch {
    return false;
  }
}

/** The whole configuration, defaults filled in. Frozen by `loadConfig`. */
export type Config = z.infer<typeof configSchema>;
export type ExchangeConfig = Config['exchanges'][string];
