import { describe, expect, it } from 'vitest';
import { formatTable, type TableColumn } from './table.ts';
import { measureText } from './text-width.ts';

const text = (name: string): TableColumn => ({ name, kind: 'text' });
const number = (name: string): TableColumn => ({ name, kind: 'number' });
const time = (name: string): TableColumn => ({ name, kind: 'time' });

const columns = [
  text('exchange'),
  text('symbol'),
  ...'abcdefgh'.split('').map(number),
  text('note'),
];
const row = ['binance', 'BTCUSDT', 1.5, 22, -3, 4, 5, 6, 7, 123456.789, 'x'.repeat(60)];

describe('table', () => {
  it('has numbers to the right, text to the left, and NULL empty', () => {
    expect(
      formatTable(
        [text('symbol'), number('price')],
        [
          ['A', 10.5],
          ['BTCUSDT', null],
          [null, 7],
        ],
      ),
    ).toEqual(['symbol   price', '-------  -----', 'A         10.5', 'BTCUSDT', '             7']);
  });

  it.each([20, 40, 60, 79, 80, 100, 120, 157, 158, 200])('fits into %i columns', (width) => {
    const lines = formatTable(columns, [row, row], width);
    expect(Math.max(...lines.slice(0, 4).map(measureText))).toBeLessThanOrEqual(width);
    // The first column is what a row is known by.
    expect(lines[0]).toMatch(/^exchan/);
  });

  it('cuts long texts before it leaves a column out, and says how many are left out', () => {
    expect(formatTable(columns, [row], 100).at(-1)).toMatch(/^binance .*x…$/);
    expect(formatTable(columns, [row], 40)).toEqual([
      'exchange  symbol   …  note',
      '--------  -------  -  ------------------',
      `binance   BTCUSDT  …  ${'x'.repeat(17)}…`,
      '(3 of 11 columns; the others do not fit)',
    ]);
  });

  it('leaves a column out rather than cut a time', () => {
    const at = '2026-03-01 10:00:58.123456+00';
    const lines = formatTable(
      [text('a'), time('t'), text('b'), text('c')],
      [['1', at, at, at]],
      60,
    );
    expect(lines[2]).toBe(`1  ${at}  …  2026-03-01 10:00:58.12…`);
  });

  it('cuts the one column that is wider than the terminal, and draws one of many rows', () => {
    expect(formatTable([text('sql')], [['SELECT 1234567890']], 10)[2]).toBe('SELECT 12…');
    expect(formatTable([number('n')], [], 10)).toEqual(['n', '-']);
  });

  it('counts wide characters, emoji and marks as the terminal draws them', () => {
    const lines = formatTable(
      [text('name'), number('n')],
      [
        ['日本', 1],
        ['🚀e\u0301', 22],
        ['ab', 3],
      ],
    );
    expect(lines).toEqual(['name   n', '----  --', '日本   1', '🚀e\u0301   22', 'ab     3']);
    expect(measureText('👩‍👩‍👧ｱ')).toBe(3);
    expect(formatTable([text('n')], [['日本日本日本']], 6)[2]).toBe('日本…');
  });

  it('shows control characters instead of handing them to the terminal', () => {
    const [, , line] = formatTable([text('raw')], [['a\nb\u001b[2Jc\u009bd\u202ee']]);
    expect(line).toBe('a\\nb\\u001b[2Jc\\u009bd\\u202ee');
  });
});
