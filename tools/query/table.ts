// Rows as a plain table for a terminal: numbers to the right, text to the left, NULL left empty. Where it is wider
// than the terminal, long texts are cut and then columns left out of the middle. No character of the data reaches
// the terminal as a command to it. Holds no effects.

import type { Json } from '@duckdb/node-api';
import { cutText, measureText, padText } from './text-width.ts';

/** Numbers stand on the right; texts may be cut, numbers and times may not. */
export type TableColumn = { name: string; kind: 'number' | 'time' | 'text' };

const gap = '  ';
/** Texts are not cut below this while a column can be left out instead. */
const minCutWidth = 16;
const ellipsis: TableColumn = { name: '…', kind: 'text' };

/** Lines of the table without a line end; as wide as it needs to be where no `width` is given. */
export function formatTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly Json[])[],
  width = Number.POSITIVE_INFINITY,
): string[] {
  const drawn = columns.map((column, index) => {
    const cells = rows.map((row) => formatCell(row[index] ?? null));
    return { column, name: escapeControls(column.name), cells };
  });
  const needed = drawn.map(({ name, cells }) => Math.max(...[name, ...cells].map(measureText)));
  const { kept, widths } = fitColumns(
    needed,
    columns.map(({ kind }) => kind === 'text'),
    width,
  );
  const shown = kept.map((index) =>
    index === undefined
      ? { column: ellipsis, name: '…', cells: rows.map(() => '…') }
      : drawn[index]!,
  );
  const line = (texts: readonly string[]) =>
    texts
      .map((text, at) => {
        const side = shown[at]!.column.kind === 'number' ? 'left' : 'right';
        return padText(cutText(text, widths[at]!), widths[at]!, side);
      })
      .join(gap)
      .trimEnd();
  return [
    line(shown.map(({ name }) => name)),
    widths.map((one) => '-'.repeat(one)).join(gap),
    ...rows.map((_, row) => line(shown.map(({ cells }) => cells[row]!))),
    ...(kept.includes(undefined)
      ? [`(${kept.length - 1} of ${columns.length} columns; the others do not fit)`]
      : []),
  ];
}

/** Which columns are drawn how wide; `undefined` stands for those that are left out. */
function fitColumns(
  needed: readonly number[],
  isText: readonly boolean[],
  width: number,
): { kept: (number | undefined)[]; widths: number[] } {
  const least = needed.map((one, index) => (isText[index] ? Math.min(one, minCutWidth) : one));
  const left = least.map((_, index) => index);
  const measure = (widths: readonly number[]) =>
    widths.reduce((sum, one) => sum + one, 0) + gap.length * (widths.length - 1);
  const pick = (widths: readonly number[]) => left.map((index) => widths[index]!);
  const marked = () => (left.length < needed.length ? 1 + gap.length : 0);
  while (left.length > 1 && measure(pick(least)) + marked() > width) {
    left.splice(Math.floor(left.length / 2), 1);
  }
  const widths = pick(least);
  let room = width - marked() - measure(widths);
  for (const [at, index] of left.entries()) {
    const more = Math.max(
      room < 0 ? 1 - widths[at]! : 0,
      Math.min(room, needed[index]! - widths[at]!),
    );
    widths[at]! += more;
    room -= more;
  }
  if (marked() === 0) return { kept: left, widths };
  const middle = left.findIndex((index, at) => index !== at);
  const cut = middle === -1 ? left.length : middle;
  return {
    kept: [...left.slice(0, cut), undefined, ...left.slice(cut)],
    widths: [...widths.slice(0, cut), 1, ...widths.slice(cut)],
  };
}

function formatCell(value: Json): string {
  if (value === null) return '';
  return escapeControls(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

/** Line breaks, escape sequences and what turns the direction of writing, as `\n` or `\u001b`. */
function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (one) => {
    const known = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[one];
    return known ?? `\\u${one.codePointAt(0)!.toString(16).padStart(4, '0')}`;
  });
}
