// What a restore has to fetch: per store, which days and raw folders of what is asked for it has. Every day
// lists the stores that have it, in their order. Lists the stores and changes nothing.

import type { Config } from '../../lake/config.ts';
import { addDays, type Day } from '../../lake/day.ts';
import { formatReason, OperationalError } from '../../lake/errors.ts';
import type { Instrument } from '../../lake/layout.ts';
import type { ModeContext } from '../../lake/mode.ts';
import { type Retry, withRetries } from '../store/retry.ts';
import { type ObjectStore, type StoredObject, StoreError } from '../store/store.ts';
import type { ConfiguredStore } from '../store/stores.ts';
import { isWithin, listStoredDays, type RestoreScope } from './stored-days.ts';

/** A store that has what a job is about. */
export type Source = {
  store: ObjectStore;
  bytes: number;
  /** Of a raw folder: its prefix, and what lies there. */
  raw?: { prefix: string; objects: StoredObject[] };
};

/** A day with its partitions, or the raw parts that were received on it. */
export type Job = { kind: 'day' | 'raw'; instrument: Instrument; day: Day; sources: Source[] };

export type RestorePlan = {
  jobs: Job[];
  /** Days that come back, and whose raw parts were asked for and are in no store. */
  withoutRaw: Pick<Job, 'instrument' | 'day'>[];
  /** Stores that could not be asked. */
  failures: string[];
};

/**
 * Throws OperationalError where no store has anything of the scope; a store that cannot be asked is logged
 * and left out, as long as another one can.
 */
export async function planRestore(
  { config, log }: ModeContext,
  stores: readonly ConfiguredStore[],
  scope: RestoreScope,
  withRaw: boolean,
  retry: Retry,
): Promise<RestorePlan> {
  const jobs = new Map<string, Job>();
  const failures: string[] = [];
  for (const { store } of stores) {
    try {
      for (const [found, source] of await listSources(config, store, scope, withRaw, retry)) {
        const name = `${found.instrument.exchange}/${found.instrument.symbol} ${found.day}`;
        const job = jobs.get(`${name} ${found.kind}`) ?? { ...found, sources: [] };
        job.sources.push(source);
        jobs.set(`${name} ${found.kind}`, job);
      }
    } catch (thrown) {
      if (!(thrown instanceof StoreError) || stores.length === 1) throw thrown;
      failures.push(formatReason(thrown));
      log.error(thrown.message);
    }
  }
  if (jobs.size > 0) {
    const withoutRaw = [...jobs].filter(
      ([name, { kind }]) => withRaw && kind === 'day' && !jobs.has(name.replace(/ day$/, ' raw')),
    );
    return {
      jobs: sortJobs([...jobs.values()]),
      withoutRaw: withoutRaw.map(([, job]) => job),
      failures,
    };
  }
  const urls = stores.map(({ store }) => store.url).join(', ');
  throw new OperationalError(`restore ${formatScope(scope)}: nothing of it is in ${urls}`, {
    hint: 'see the days, --exchange and --symbol, and the bucket and prefix in the configuration',
  });
}

type Found = Pick<Job, 'kind' | 'instrument' | 'day'>;

function listSources(
  config: Config,
  store: ObjectStore,
  scope: RestoreScope,
  withRaw: boolean,
  retry: Retry,
): Promise<[Found, Source][]> {
  return withRetries(async (signal) => {
    const found: [Found, Source][] = [];
    const instruments = new Map<string, Instrument>();
    for (const { instrument, day, bytes } of await listStoredDays(store, scope, signal)) {
      instruments.set(`${instrument.exchange}/${instrument.symbol}`, instrument);
      found.push([
        { kind: 'day', instrument, day },
        { store, bytes },
      ]);
    }
    if (!withRaw) return found;
    // A symbol may have raw parts and no finished day yet.
    for (const [exchange, { symbols }] of Object.entries(config.exchanges)) {
      for (const symbol of symbols) instruments.set(`${exchange}/${symbol}`, { exchange, symbol });
    }
    for (const instrument of instruments.values()) {
      for (let day = scope.from; day <= scope.to; day = addDays(day, 1)) {
        if (!isWithin(scope, instrument, day)) continue;
        const raw = await listRaw(config, store, instrument, day, signal);
        const bytes = raw.objects.reduce((sum, object) => sum + object.bytes, 0);
        if (raw.objects.length > 0)
          found.push([
            { kind: 'raw', instrument, day },
            { store, bytes, raw },
          ]);
      }
    }
    return found;
  }, retry);
}

async function listRaw(
  { upload }: Config,
  store: ObjectStore,
  { exchange, symbol }: Instrument,
  day: Day,
  signal: AbortSignal,
): Promise<{ prefix: string; objects: StoredObject[] }> {
  const prefix = `${upload.raw_prefix}/${exchange}/${symbol}/${day}/`;
  const objects: StoredObject[] = [];
  for await (const object of store.list(prefix, signal)) objects.push(object);
  return { prefix, objects };
}

/** All days before raw parts: of these it is known then which days hold them. */
function sortJobs(jobs: readonly Job[]): Job[] {
  const rank = ({ instrument, day, kind }: Job) =>
    `${kind} ${instrument.exchange}/${instrument.symbol} ${day}`;
  return jobs.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

function formatScope({ exchange, symbol, from, to }: RestoreScope): string {
  const days = from === to ? from : `${from} to ${to}`;
  return `${exchange ?? '*'}/${symbol ?? '*'} ${days}`;
}
