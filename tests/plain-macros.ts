// What the catalog's macros over bars answer, computed a second time: plain loops over rows of seconds, one symbol at a
// time. Shares nothing with the catalog. Sums are made in whole hundred-millionths.

/** A row of `bars_1s`, with its second since the epoch. */
export type PlainSecond = {
  second: number;
  close: number;
  trade_count: number;
  volume_base: number;
  volume_quote: number;
  taker_buy_base: number;
  bid: number | null;
  ask: number | null;
  spread: number | null;
  spread_mean: number | null;
  quote_count: number;
  complete: boolean;
};
export type PlainRow = Record<string, number | string | boolean | null>;

const daySeconds = 86_400;
/** 1970-01-05 was a Monday. */
const firstMonday = 4 * daySeconds;

function sumUnits(values: readonly number[]): number {
  return Number(values.reduce((sum, value) => sum + BigInt(Math.round(value * 1e8)), 0n)) / 1e8;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** By when the interval begins, in the order of time. */
export function cutIntervals<Row extends { second: number }>(rows: readonly Row[], length: number) {
  const origin = length % (7 * daySeconds) === 0 ? firstMonday : 0;
  const cut = new Map<number, Row[]>();
  for (const row of rows) {
    const begins = Math.floor((row.second - origin) / length) * length + origin;
    cut.set(begins, [...(cut.get(begins) ?? []), row]);
  }
  return [...cut].sort(([a], [b]) => a - b);
}

function isWhole(rows: readonly PlainSecond[], length: number): boolean {
  return rows.length === length && rows.every(({ complete }) => complete);
}

export function listVwaps(rows: readonly PlainSecond[], length: number): PlainRow[] {
  const seen: PlainSecond[] = [];
  let [before, wholeSoFar] = [Number.NaN, true];
  return cutIntervals(rows, length).map(([begins, within]) => {
    seen.push(...within);
    wholeSoFar &&= isWhole(within, length) && (Number.isNaN(before) || begins === before + length);
    before = begins;
    const base = sumUnits(within.map(({ volume_base }) => volume_base));
    const quote = sumUnits(within.map(({ volume_quote }) => volume_quote));
    const baseSoFar = sumUnits(seen.map(({ volume_base }) => volume_base));
    const quoteSoFar = sumUnits(seen.map(({ volume_quote }) => volume_quote));
    return {
      begins,
      vwap: base === 0 ? null : quote / base,
      volume_base: base,
      volume_quote: quote,
      vwap_since_start: baseSoFar === 0 ? null : quoteSoFar / baseSoFar,
      seconds: within.length,
      complete: isWhole(within, length),
      complete_since_start: wholeSoFar,
    };
  });
}

export function listHours(rows: readonly PlainSecond[]): PlainRow[] {
  const all = sumUnits(rows.map(({ volume_quote }) => volume_quote));
  return Array.from({ length: 24 }, (_, hour) => {
    const within = rows.filter(({ second }) => Math.floor(second / 3600) % 24 === hour);
    const days = new Set(within.map(({ second }) => Math.floor(second / daySeconds))).size;
    const quote = sumUnits(within.map(({ volume_quote }) => volume_quote));
    return {
      hour,
      volume_base: sumUnits(within.map(({ volume_base }) => volume_base)),
      volume_quote: quote,
      taker_buy_base: sumUnits(within.map(({ taker_buy_base }) => taker_buy_base)),
      trade_count: within.reduce((sum, { trade_count }) => sum + trade_count, 0),
      seconds: within.length,
      share_percent: all === 0 ? null : (100 * quote) / all,
      days,
      complete: isWhole(within, 3600 * days),
    };
  }).filter(({ seconds }) => seconds > 0);
}

/** Between the two nearest of the sorted values. */
function findQuantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return low + (high - low) * (at - Math.floor(at));
}

export function listSpreads(rows: readonly PlainSecond[], length: number): PlainRow[] {
  const quoted = rows.filter(({ bid, ask }) => bid !== null && bid > 0 && ask !== null && ask > 0);
  return cutIntervals(quoted, length).map(([begins, within]) => {
    const spreads = within.map(({ spread }) => spread!);
    const updates = within.reduce((sum, { quote_count }) => sum + quote_count, 0);
    const weighed = within.map((row) => (row.spread_mean ?? 0) * row.quote_count);
    return {
      begins,
      spread_mean: mean(spreads),
      spread_median: findQuantile(spreads, 0.5),
      spread_p95: findQuantile(spreads, 0.95),
      spread_min: Math.min(...spreads),
      spread_max: Math.max(...spreads),
      spread_mean_bps: mean(
        within.map(({ spread, bid, ask }) => (1e4 * spread!) / ((bid! + ask!) / 2)),
      ),
      spread_mean_of_updates:
        updates === 0 ? null : weighed.reduce((sum, one) => sum + one, 0) / updates,
      quote_count: updates,
      seconds: within.length,
      complete: isWhole(within, length),
    };
  });
}

export type PlainReturn = {
  begins: number;
  close: number;
  log_return: number | null;
  seconds: number;
  complete: boolean;
};

export function listReturns(rows: readonly PlainSecond[], length: number): PlainReturn[] {
  let before: { begins: number; close: number; whole: boolean } | undefined;
  return cutIntervals(rows, length).map(([begins, within]) => {
    const close = within.reduce((last, row) => (row.second > last.second ? row : last)).close;
    const whole = isWhole(within, length);
    const follows = before !== undefined && before.begins + length === begins;
    const row = {
      begins,
      close,
      log_return: follows ? Math.log(close) - Math.log(before!.close) : null,
      seconds: within.length,
      complete: whole && (before === undefined || (follows && before.whole)),
    };
    before = { begins, close, whole };
    return row;
  });
}

/** `span`: the seconds asked for, the second exclusive. */
export function listVolatilities(
  rows: readonly PlainSecond[],
  length: number,
  span: readonly [number, number],
): PlainRow[] {
  const returns = listReturns(rows, length).map((row) => ({ ...row, second: row.begins }));
  return cutIntervals(returns, daySeconds)
    .map(([day, within]) => {
      const known = within.flatMap(({ log_return }) => (log_return === null ? [] : [log_return]));
      const variance = known.reduce((sum, one) => sum + one * one, 0);
      let expected = 0;
      for (let second = day; second < day + daySeconds; second++) {
        if (second % length === 0 && second >= span[0] && second < span[1]) expected++;
      }
      return {
        day: new Date(day * 1000).toISOString().slice(0, 10),
        returns: known.length,
        realised_variance: variance,
        realised_volatility: Math.sqrt(variance),
        annualised_percent:
          100 * Math.sqrt((variance / (known.length * length)) * 365 * daySeconds),
        complete: within.length === expected && within.every(({ complete }) => complete),
      };
    })
    .filter(({ returns }) => returns > 0);
}

/** Of the returns that both have; undefined where there are none. */
export function correlate(
  a: readonly PlainSecond[],
  b: readonly PlainSecond[],
  length: number,
): PlainRow | undefined {
  const others = new Map(listReturns(b, length).map((row) => [row.begins, row]));
  const pairs = listReturns(a, length).flatMap((row) => {
    const other = others.get(row.begins);
    if (row.log_return === null || other === undefined || other.log_return === null) return [];
    const complete = row.complete && other.complete;
    return [{ begins: row.begins, x: row.log_return, y: other.log_return, complete }];
  });
  if (pairs.length === 0) return undefined;
  const [meanX, meanY] = [mean(pairs.map(({ x }) => x)), mean(pairs.map(({ y }) => y))];
  let [xx, yy, xy] = [0, 0, 0];
  for (const { x, y } of pairs) {
    xx += (x - meanX) ** 2;
    yy += (y - meanY) ** 2;
    xy += (x - meanX) * (y - meanY);
  }
  const spanned = (pairs.at(-1)!.begins - pairs[0]!.begins) / length + 1;
  return {
    returns: pairs.length,
    correlation: xy / Math.sqrt(xx * yy),
    beta: xy / xx,
    complete: spanned === pairs.length && pairs.every(({ complete }) => complete),
  };
}
