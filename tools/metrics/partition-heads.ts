// What the manifests of today's and yesterday's partitions begin with: rows, and the last second. Only
// their first bytes are read, since the list of inputs after them is long; and only after a transform, which
// is what changes them, or after a minute.

import { closeSync, openSync, readSync } from 'node:fs';
import type { Config } from '../../lake/config.ts';
import { type Day, formatDay } from '../../lake/day.ts';
import { findErrorCode } from '../../lake/errors.ts';
import { type Instrument, partitionManifestPath } from '../../lake/layout.ts';

export type PartitionHead = Instrument & {
  dataset: 'bars_1s' | 'trades';
  day: 'today' | 'yesterday';
  rows: number;
  /** ms since the epoch; undefined where the partition has no row. */
  lastSecondMs: number | undefined;
};

const readEveryMs = 60_000;
const dayMs = 86_400_000;
const headBytes = 512;

export type PartitionHeads = {
  /** `transform` says which transform was the last. A partition that is not there has no head. */
  read(nowMs: number, transform: string | undefined): readonly PartitionHead[];
};

export function openPartitionHeads(
  config: Pick<Config, 'root' | 'exchanges' | 'transformer'>,
): PartitionHeads {
  let readAtMs = Number.NEGATIVE_INFINITY;
  let readAfter: string | undefined;
  let heads: readonly PartitionHead[] = [];
  return {
    read(nowMs, transform) {
      if (transform === readAfter && Math.abs(nowMs - readAtMs) < readEveryMs) return heads;
      heads = readHeads(config, nowMs);
      readAtMs = nowMs;
      readAfter = transform;
      return heads;
    },
  };
}

function readHeads(
  { root, exchanges, transformer }: Pick<Config, 'root' | 'exchanges' | 'transformer'>,
  nowMs: number,
): PartitionHead[] {
  const days: [PartitionHead['day'], Day][] = [
    ['today', formatDay(nowMs * 1000)],
    ['yesterday', formatDay((nowMs - dayMs) * 1000)],
  ];
  const heads: PartitionHead[] = [];
  for (const [exchange, { symbols }] of Object.entries(exchanges)) {
    for (const symbol of symbols) {
      for (const dataset of transformer.datasets) {
        for (const [day, date] of days) {
          const instrument = { exchange, symbol };
          const head = readHead(partitionManifestPath(root, dataset, instrument, date));
          if (head !== undefined) heads.push({ ...instrument, dataset, day, ...head });
        }
      }
    }
  }
  return heads;
}

/** Undefined where there is no manifest, or none that begins as ours do. */
function readHead(path: string): Pick<PartitionHead, 'rows' | 'lastSecondMs'> | undefined {
  const text = readStart(path);
  const [, rows] = /"rows":\s*(\d+)/.exec(text) ?? [];
  if (rows === undefined) return undefined;
  const [, lastSecond] = /"last_second":\s*"([^"]+)"/.exec(text) ?? [];
  return {
    rows: Number(rows),
    lastSecondMs: lastSecond === undefined ? undefined : Date.parse(lastSecond),
  };
}

function readStart(path: string): string {
  try {
    const head = Buffer.alloc(headBytes);
    const file = openSync(path, 'r');
    try {
      return head.toString('utf8', 0, readSync(file, head));
    } finally {
      closeSync(file);
    }
  } catch (thrown) {
    if (findErrorCode(thrown) === 'ENOENT') return '';
    throw thrown;
  }
}
