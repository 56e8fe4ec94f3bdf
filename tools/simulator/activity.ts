// How much happens when: how many orders and quote changes a symbol has had before each block. Both grow
// unevenly, and by the same numbers wherever the market is entered. A market may have been quiet until
// some time, so that days of it are quickly made and fetched; what comes after has the same ids as ever.

import { hashNumbers } from './random.ts';

/** Until then the activity was only a share of what it is. */
export type QuietPast = { untilUs: number; share: number };

export type Pace = {
  key: number;
  /** Mean numbers of a block. */
  aggregatesPerBlock: number;
  quotesPerBlock: number;
  /** The first block that is no longer quiet; 0 where none was. */
  quietUntilBlock: number;
  quietShare: number;
};

export type Activity = {
  aggregatesBefore(block: number): number;
  /** At least one in each block. */
  quotesBefore(block: number): number;
  /** The block that holds the aggregate trade before which there were so many. */
  findBlock(aggregates: number): number;
};

export function createActivity(pace: Pace): Activity {
  const { key, aggregatesPerBlock, quotesPerBlock, quietUntilBlock: border, quietShare } = pace;
  /** The block number, pushed forward by up to a half: what grows with it grows unevenly. */
  const warp = (block: number) => block + hashNumbers(key, 2, block) / 0x2_0000_0000;
  const count = (perBlock: number) => {
    const busy = (block: number) => Math.floor(perBlock * warp(block));
    const quiet = (block: number) => Math.floor(perBlock * quietShare * warp(block));
    return (block: number) =>
      block >= border ? busy(block) : busy(border) - quiet(border) + quiet(block);
  };
  const aggregatesBefore = count(aggregatesPerBlock);
  const changesBefore = count(quotesPerBlock);

  return {
    aggregatesBefore,
    quotesBefore: (block) => block + changesBefore(block),
    findBlock(aggregates) {
      const sinceBorder = aggregates - aggregatesBefore(border);
      const perBlock = sinceBorder < 0 ? aggregatesPerBlock * quietShare : aggregatesPerBlock;
      let block = Math.max(0, Math.floor(border + sinceBorder / perBlock));
      while (block > 0 && aggregatesBefore(block) > aggregates) block--;
      while (aggregatesBefore(block + 1) <= aggregates) block++;
      return block;
    },
  };
}
