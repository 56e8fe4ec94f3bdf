// Charts of the TypeScript notebook as SVG, which GitHub shows as it is: candles, lines and columns over a common x. Holds no
// effects.

export type Candle = {
  windowStartMs: number;
  open: number;
  high: number;
  low: number;
  close: number;
};
export type Line = { name: string; color: string; values: readonly (number | null)[] };

const size = { width: 860, height: 300, left: 70, bottom: 24, top: 22 };

/** Candles by their times in UTC. */
export function drawCandles(title: string, candles: readonly Candle[]): string {
  const scale = scaleTo(candles.flatMap(({ high, low }) => [high, low]));
  const step = (size.width - size.left) / candles.length;
  const marks = candles.map(({ open, high, low, close }, place) => {
    const x = size.left + (place + 0.5) * step;
    const color = close >= open ? '#0a7d5a' : '#c0392b';
    const top = scale.y(Math.max(open, close));
    const height = Math.max(1, scale.y(Math.min(open, close)) - top);
    return (
      `<line x1="${fix(x)}" x2="${fix(x)}" y1="${fix(scale.y(high))}" y2="${fix(scale.y(low))}" stroke="${color}"/>` +
      `<rect x="${fix(x - step * 0.35)}" width="${fix(step * 0.7)}" y="${fix(top)}" height="${fix(height)}" fill="${color}"/>`
    );
  });
  const times = candles.map(({ windowStartMs }) =>
    new Date(windowStartMs).toISOString().slice(11, 16),
  );
  return frame(title, marks.join(''), scale, times);
}

/** Columns from zero, named below. */
export function drawColumns(
  title: string,
  names: readonly string[],
  values: readonly number[],
): string {
  const scale = scaleTo([0, ...values]);
  const step = (size.width - size.left) / values.length;
  const marks = values.map((value, place) => {
    const x = size.left + (place + 0.1) * step;
    const height = scale.y(0) - scale.y(value);
    return `<rect x="${fix(x)}" width="${fix(step * 0.8)}" y="${fix(scale.y(value))}" height="${fix(height)}" fill="#34699a"/>`;
  });
  return frame(title, marks.join(''), scale, names);
}

/** Lines over the same places; null breaks a line. */
export function drawLines(title: string, names: readonly string[], lines: readonly Line[]): string {
  const known = lines.flatMap(({ values }) => values.filter((value) => value !== null));
  const scale = scaleTo(known);
  const step = (size.width - size.left) / Math.max(1, names.length);
  const marks = lines.map(({ color, values }) => {
    let isBroken = true;
    const path = values.map((value, place) => {
      if (value === null) {
        isBroken = true;
        return '';
      }
      const command = isBroken ? 'M' : 'L';
      isBroken = false;
      return `${command}${fix(size.left + (place + 0.5) * step)} ${fix(scale.y(value))}`;
    });
    return `<path d="${path.join('')}" fill="none" stroke="${color}" stroke-width="1.3"/>`;
  });
  const legend = lines.map(
    ({ name, color }, place) =>
      `<text x="${size.width - 120 * (lines.length - place)}" y="14" fill="${color}">${name}</text>`,
  );
  return frame(title, marks.join('') + legend.join(''), scale, names);
}

type Scale = { low: number; high: number; y(value: number): number };

function scaleTo(values: readonly number[]): Scale {
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const span = high - low || 1;
  const inner = size.height - size.top - size.bottom;
  return { low, high, y: (value) => size.top + inner * (1 - (value - low) / span) };
}

function frame(
  title: string,
  marks: string,
  { low, high, y }: Scale,
  names: readonly string[],
): string {
  const levels = [0, 0.25, 0.5, 0.75, 1].map((share) => low + share * (high - low));
  const grid = levels.map(
    (level) =>
      `<line x1="${size.left}" x2="${size.width}" y1="${fix(y(level))}" y2="${fix(y(level))}" stroke="#ddd"/>` +
      `<text x="${size.left - 6}" y="${fix(y(level) + 4)}" text-anchor="end">${level.toPrecision(6)}</text>`,
  );
  const every = Math.max(1, Math.ceil(names.length / 12));
  const step = (size.width - size.left) / Math.max(1, names.length);
  const labels = names.map((name, place) =>
    place % every === 0
      ? `<text x="${fix(size.left + (place + 0.5) * step)}" y="${size.height - 6}" text-anchor="middle">${name}</text>`
      : '',
  );
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" font-family="sans-serif" font-size="11" fill="#333">` +
    `<rect width="100%" height="100%" fill="white"/>${grid.join('')}${labels.join('')}${marks}` +
    `<text x="${size.left}" y="14" font-weight="bold">${title}</text></svg>`
  );
}

function fix(value: number): string {
  return value.toFixed(1);
}
