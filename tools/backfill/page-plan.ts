// Which requests by id bring the wanted ids: as few as there can be, for a request costs the same
// whether it asks for one trade or for a thousand. Holds no effects.

import type { IdRange } from './id-ranges.ts';

/** Trades with id >= `fromId`, at most `limit`: where the exchange has them all, up to the last wanted. */
export type Page = { fromId: number; limit: number };

/** The requests for merged ranges, ascending. Ranges near each other share one. */
export function* planPages(ranges: readonly IdRange[], tradesPerRequest: number): Generator<Page> {
  let page: Page | undefined;
  for (const [first, last] of ranges) {
    for (let next = first; next <= last; ) {
      if (page !== undefined && next >= page.fromId + tradesPerRequest) {
        yield page;
        page = undefined;
      }
      page ??= { fromId: next, limit: 0 };
      const end = Math.min(last, page.fromId + tradesPerRequest - 1);
      page.limit = end - page.fromId + 1;
      next = end + 1;
    }
  }
  if (page !== undefined) yield page;
}
