// Exact decimals as whole numbers of 10^-8 (prices, quantities) and 10^-16 (their products).

const scale = 100_000_000n;

/** `"61837.63"` to 6183763000000n, units of 10^-8. Takes at most eight decimals. */
export function parseDecimal(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(8, '0'));
}

/** Units of 10^-8 as the exchange writes them: eight decimals. */
export function formatDecimal(units: bigint): string {
  const digits = units.toString().padStart(9, '0');
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`;
}

/** Units of 10^-16, rounded to the eight decimals the exchange writes. */
export function formatProduct(units: bigint): string {
  return formatDecimal((units + scale / 2n) / scale);
}
