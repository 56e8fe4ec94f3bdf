// Raw lines for tests, in the exchange's own shape.

export type TradeLine = {
  id: number;
  /** Trade time, µs since the epoch. */
  us: number;
  price?: string;
  quantity?: string;
  maker?: boolean;
  /** Receive time, µs; 20 ms after the trade by default. */
  recv?: number;
  conn?: string;
  /** Write the exchange's times in milliseconds. */
  milliseconds?: boolean;
  symbol?: string;
};

export function tradeLine(trade: TradeLine): string {
  const { id, us, price = '100.00000000', quantity = '1.00000000', maker = false } = trade;
  const symbol = trade.symbol ?? 'BTCUSDT';
  const time = trade.milliseconds ? Math.floor(us / 1000) : us;
  const data = {
    e: 'trade',
    E: time,
    s: symbol,
    t: id,
    p: price,
    q: quantity,
    T: time,
    m: maker,
    M: true,
  };
  return frameLine(trade.recv ?? us + 20_000, `${symbol.toLowerCase()}@trade`, data, trade.conn);
}

export function quoteLine(
  recv: number,
  updateId: number,
  bid: string,
  ask: string,
  conn = 'c1',
): string {
  const data = { u: updateId, s: 'BTCUSDT', b: bid, B: '1.50000000', a: ask, A: '2.50000000' };
  return frameLine(recv, 'btcusdt@bookTicker', data, conn);
}

export function controlLine(recv: number, event: string, conn = 'c1', fields: object = {}): string {
  return JSON.stringify({ recv, conn, event, ...fields });
}

export function restLine(
  recv: number,
  trades: readonly { id: number; us: number; price?: string }[],
) {
  const msg = trades.map(({ id, us, price = '100.00000000' }) => ({
    id,
    price,
    qty: '1.00000000',
    quoteQty: '100.00000000',
    time: Math.floor(us / 1000),
    isBuyerMaker: false,
    isBestMatch: true,
  }));
  return JSON.stringify({ recv, conn: 'rest', msg });
}

/** A line of fills as they are recorded: `msg` is what REST answered, or rows of the archive. */
export function fillLine(recv: number, conn: 'rest' | 'archive', msg: unknown): string {
  return JSON.stringify({ recv, conn, msg });
}

export function frameLine(recv: number, stream: string, data: object, conn = 'c1'): string {
  return JSON.stringify({ recv, conn, msg: { stream, data } });
}

/** Microseconds since the epoch of an ISO time, `2026-03-01T10:00:00.5Z`. */
export function us(iso: string): number {
  const [, head, fraction = ''] = /^(.*?)(?:\.(\d+))?Z$/.exec(iso)!;
  return Date.parse(`${head}Z`) * 1000 + Number(fraction.padEnd(6, '0'));
}
