// Which instrument a request means, out of those the lake has. Holds no effects.

import { OperationalError } from '../lake/errors.ts';
import type { Instrument } from '../lake/layout.ts';

const maxNamed = 20;

/** Throws OperationalError where there is none, or more than one exchange has the symbol. */
export function findInstrument(
  known: readonly Instrument[],
  asked: { exchange?: string | undefined; symbol: string },
): Instrument {
  const { exchange, symbol } = asked;
  const found = known.filter(
    (one) => one.symbol === symbol && (exchange === undefined || one.exchange === exchange),
  );
  if (found.length === 1) return found[0]!;
  const name = exchange === undefined ? symbol : `${exchange}/${symbol}`;
  if (found.length > 1) {
    throw new OperationalError(`find ${name}: more than one exchange has it`, {
      hint: `name one: ${found.map((one) => one.exchange).join(', ')}`,
    });
  }
  throw new OperationalError(`find ${name}: the lake has no such symbol`, {
    hint: known.length === 0 ? 'it has none yet' : `it has ${listNames(known)}`,
  });
}

function listNames(known: readonly Instrument[]): string {
  const names = known.slice(0, maxNamed).map(({ exchange, symbol }) => `${exchange}/${symbol}`);
  const more = known.length - names.length;
  return names.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
