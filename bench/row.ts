// One figure a benchmark reports.

export type Row = {
  name: string;
  value: number;
  unit: string;
  /** What the figure must not pass: `{ max }` or `{ min }`. */
  bound?: { max: number } | { min: number };
  note?: string;
};

/** Whether the figure keeps its bound; true where it has none. */
export function isWithinBound({ value, bound }: Row): boolean {
  if (bound === undefined) return true;
  return 'max' in bound ? value <= bound.max : value >= bound.min;
}

export function formatRow(row: Row): string {
  const { name, value, unit, bound, note } = row;
  const digits = Math.abs(value) >= 100 ? 0 : 2;
  const limit =
    bound === undefined
      ? ''
      : 'max' in bound
        ? `at most ${formatBound(bound.max)}`
        : `at least ${formatBound(bound.min)}`;
  const verdict = bound === undefined ? '' : isWithinBound(row) ? 'holds' : 'MISSED';
  const columns = [
    name.padEnd(58),
    `${value.toFixed(digits)} ${unit}`.padStart(22),
    limit.padStart(20),
    verdict.padStart(8),
  ];
  return `${columns.join('')}${note === undefined ? '' : `  ${note}`}`.trimEnd();
}

function formatBound(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toFixed(3)));
}
