// What the exchange sent against what is in the lake, per symbol. Holds no effects.

import type { SentTrades } from './feed.ts';

export type RecordedTrades = { symbol: string; trades: number; firstId: number; lastId: number };

export type Comparison = { isEqual: boolean; text: string };

/** A table, and whether the lake holds every trade that was sent and no other. */
export function compareTrades(
  sent: readonly SentTrades[],
  recorded: readonly RecordedTrades[],
): Comparison {
  const symbols = [...new Set([...sent, ...recorded].map(({ symbol }) => symbol))].sort();
  const rows = symbols.map((symbol) => {
    const left = sent.find((one) => one.symbol === symbol);
    const right = recorded.find((one) => one.symbol === symbol);
    const isEqual =
      left?.trades === right?.trades &&
      left?.firstId === right?.firstId &&
      left?.lastId === right?.lastId;
    return { symbol, sent: left?.trades ?? 0, recorded: right?.trades ?? 0, isEqual };
  });
  const sum = (key: 'sent' | 'recorded') => rows.reduce((total, row) => total + row[key], 0);
  const isEqual = rows.length > 0 && rows.every((row) => row.isEqual);
  const total = { symbol: 'all', sent: sum('sent'), recorded: sum('recorded'), isEqual };
  const lines = [...rows, total].map(
    (row) =>
      `${row.symbol.padEnd(12)}${String(row.sent).padStart(12)}${String(row.recorded).padStart(14)}` +
      `  ${row.isEqual ? 'equal' : 'DIFFERENT'}`,
  );
  const head = `${'trades'.padEnd(12)}${'sent'.padStart(12)}${'in the lake'.padStart(14)}`;
  return { isEqual, text: [head, ...lines].join('\n') };
}
