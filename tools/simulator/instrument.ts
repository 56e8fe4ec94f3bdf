// What is traded: symbols with their price and quantity steps, typical price and activity. Thirteen
// majors are listed; any other symbol gets parameters from its name, the same ones every time.

import { createRandom, hashText } from './random.ts';

export type Instrument = {
  symbol: string;
  base: string;
  quote: string;
  /** Where the price hovers, in quote currency. */
  price: number;
  /** The price step is 10^-priceDecimals. */
  priceDecimals: number;
  /** The quantity step is 10^-quantityDecimals. */
  quantityDecimals: number;
  tradesPerSecond: number;
};

/** Price, price decimals, quantity decimals, trades per second: together about 150 trades/s. */
const majors: Readonly<Record<string, readonly [number, number, number, number]>> = {
  BTCUSDT: [91_500, 2, 5, 40],
  ETHUSDT: [3050, 2, 4, 30],
  BNBUSDT: [880, 2, 3, 10],
  SOLUSDT: [136, 2, 3, 20],
  XRPUSDT: [2.11, 4, 1, 15],
  DOGEUSDT: [0.157, 5, 0, 10],
  ADAUSDT: [0.465, 4, 1, 5],
  AVAXUSDT: [14.2, 2, 2, 4],
  LINKUSDT: [13.6, 2, 2, 4],
  DOTUSDT: [2.72, 3, 2, 3],
  LTCUSDT: [94.6, 2, 3, 3],
  TRXUSDT: [0.288, 4, 1, 3],
  BCHUSDT: [487, 1, 3, 3],
};

export const majorSymbols: readonly string[] = Object.keys(majors);

const quoteCurrencies = ['USDT', 'USDC', 'FDUSD', 'BTC', 'ETH', 'BNB', 'EUR', 'TRY'];

export function findInstrument(symbol: string): Instrument {
  const quote = quoteCurrencies.find((currency) => symbol.endsWith(currency)) ?? '';
  const base = symbol.slice(0, symbol.length - quote.length) || symbol;
  const [price, priceDecimals, quantityDecimals, tradesPerSecond] =
    majors[symbol] ?? deriveParameters(symbol);
  return { symbol, base, quote, price, priceDecimals, quantityDecimals, tradesPerSecond };
}

/** A price between 1e-6 and 1e4 with five significant digits, and lots worth below a tenth. */
function deriveParameters(symbol: string): [number, number, number, number] {
  const random = createRandom(hashText(symbol));
  const magnitude = Math.floor(random() * 10) - 6;
  const price = (1 + 9 * random()) * 10 ** magnitude;
  const priceDecimals = Math.min(8, Math.max(1, 4 - magnitude));
  const quantityDecimals = Math.min(5, Math.max(0, magnitude + 1));
  return [price, priceDecimals, quantityDecimals, 1 + random() * 4];
}

/** A whole number of steps of 10^-decimals as the exchange writes it, with eight decimals. */
export function formatSteps(steps: number, decimals: number): string {
  const digits = String(steps).padStart(decimals + 1, '0');
  const split = digits.length - decimals;
  return `${digits.slice(0, split)}.${digits.slice(split)}${'00000000'.slice(decimals)}`;
}
