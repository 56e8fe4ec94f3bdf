// The exchange by whose SQL the raw parts of an instrument are read, by the name of their folder.

import type { Exchange } from '../exchanges/exchange.ts';
import { findExchange, listExchangeNames } from '../exchanges/exchanges.ts';
import { OperationalError } from '../lake/errors.ts';

/** The venue of that name. Throws OperationalError where there is none. */
export function findVenue(name: string): Exchange {
  const exchange = findExchange(name);
  if (exchange !== undefined) return exchange;
  throw new OperationalError(`read raw/${name}: no exchange of that name`, {
    hint: `there are ${listExchangeNames().join(', ')}; move the folder away if it is not yours`,
  });
}
