// A metric family as plain values: name, help, type and samples. Names follow Prometheus' conventions:
// `crypto_lake_`, the unit, and `_total` for what only counts up. Holds no effects.

export type Labels = Readonly<Record<string, string>>;

export type Sample = {
  labels: Labels;
  value: number;
  /** Of a part of a histogram: `_bucket`, `_sum`, `_count`. */
  suffix?: '_bucket' | '_sum' | '_count';
};

export type Family = {
  name: string;
  help: string;
  type: 'gauge' | 'counter' | 'histogram';
  samples: readonly Sample[];
};

/** What is not known is left out. */
type Given = readonly (readonly [labels: Labels, value: number | null | undefined])[];

export function gauge(name: string, help: string, given: Given): Family {
  return { name: `crypto_lake_${name}`, help, type: 'gauge', samples: listKnown(given) };
}

/** `name` ends in `_total`. The values must not fall while the process they count for runs. */
export function counter(name: `${string}_total`, help: string, given: Given): Family {
  return { name: `crypto_lake_${name}`, help, type: 'counter', samples: listKnown(given) };
}

export type Distribution = {
  labels: Labels;
  /** How many were at most `le_seconds`. */
  buckets: readonly { le_seconds: number; count: number }[];
  count: number;
  sum: number;
};

export function histogram(name: string, help: string, given: readonly Distribution[]): Family {
  const samples = given.flatMap(({ labels, buckets, count, sum }): Sample[] => [
    ...buckets.map(({ le_seconds: le, count: value }): Sample => {
      return { labels: { ...labels, le: String(le) }, value, suffix: '_bucket' };
    }),
    { labels: { ...labels, le: '+Inf' }, value: count, suffix: '_bucket' },
    { labels, value: sum, suffix: '_sum' },
    { labels, value: count, suffix: '_count' },
  ]);
  return { name: `crypto_lake_${name}`, help, type: 'histogram', samples };
}

function listKnown(given: Given): Sample[] {
  return given.flatMap(([labels, value]) =>
    value === null || value === undefined ? [] : [{ labels, value }],
  );
}
