// The intervals that bars are kept and asked for in.

export const intervals = ['1s', '1m', '5m', '15m', '1h', '1d'] as const;

/** How long a bar is; bars begin at whole multiples of it, in UTC. */
export type Interval = (typeof intervals)[number];

export const intervalSeconds: Record<Interval, number> = {
  '1s': 1,
  '1m': 60,
  '5m': 300,
  '15m': 900,
  '1h': 3600,
  '1d': 86_400,
};
