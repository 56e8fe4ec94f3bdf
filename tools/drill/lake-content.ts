// What a lake holds, read through its catalog with SQL, as a user would.

import { join } from 'node:path';
import { openDuckdb, type Row, readSql } from '../../lake/duckdb.ts';
import { catalogPath } from '../../lake/layout.ts';
import type { LakeBar, LakeContent, LakeTrade } from './comparison.ts';

const sql = {
  trades: readSql(join(import.meta.dirname, 'sql', 'drill-trades.sql')),
  bars: readSql(join(import.meta.dirname, 'sql', 'drill-bars.sql')),
};

export async function readLakeContent(root: string): Promise<LakeContent> {
  const session = await openDuckdb({
    path: catalogPath(root),
    memoryLimit: '256MB',
    threads: 1,
    spillDir: join(root, 'state', 'spill'),
    readOnly: true,
  });
  try {
    const trades = (await session.all(sql.trades)).map(readTrade);
    const bars = (await session.all(sql.bars)).map(readBar);
    return { trades, bars };
  } finally {
    session.close();
  }
}

function readTrade(row: Row): LakeTrade {
  return {
    symbol: String(row.symbol),
    id: Number(row.trade_id),
    price: Number(row.price),
    quantity: Number(row.quantity),
    buyerIsMaker: row.buyer_is_maker === true,
    timeUs: Number(row.time_us),
  };
}

function readBar(row: Row): LakeBar {
  const { symbol, open_time_us, complete, first_trade_id, last_trade_id } = row;
  const readId = (id: unknown) => (id === null ? -1 : Number(id));
  return {
    symbol: String(symbol),
    openTimeUs: Number(open_time_us),
    isComplete: complete === true,
    values: {
      open: Number(row.open),
      high: Number(row.high),
      low: Number(row.low),
      close: Number(row.close),
      volumeBase: Number(row.volume_base),
      volumeQuote: Number(row.volume_quote),
      takerBuyBase: Number(row.taker_buy_base),
      takerBuyQuote: Number(row.taker_buy_quote),
      tradeCount: Number(row.trade_count),
      firstTradeId: readId(first_trade_id),
      lastTradeId: readId(last_trade_id),
    },
  };
}
