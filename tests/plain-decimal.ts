// Exact decimals as BigInt with a fixed number of decimals, and the doubles nearest to them. Shares
// nothing with the product: it is what the product's numbers are checked against.

/** `text` with up to `scale` decimals, times 10^scale. */
export function parseScaled(text: string, scale: number): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  if (fraction.length > scale) throw new Error(`${text} has more than ${scale} decimals`);
  return BigInt(whole + fraction.padEnd(scale, '0'));
}

/** The double nearest to value / 10^scale: JavaScript reads decimal text correctly rounded. */
export function nearestDouble(value: bigint, scale: number): number {
  return Number(`${value}e-${scale}`);
}

/** The double nearest to a / b / 10^scale, by long division far beyond a double's precision. */
export function nearestRatio(a: bigint, b: bigint, scale: number): number {
  const digits = 60;
  const shifted = a * 10n ** BigInt(digits);
  const quotient = shifted / b;
  const sticky = quotient * b === shifted ? '0' : '1';
  return Number(`${quotient}${sticky}e-${digits + 1 + scale}`);
}
