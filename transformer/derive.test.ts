import { mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSystemClock } from '../lake/clock.ts';
import { parseConfig } from '../lake/config.ts';
import { partitionManifestPath, partitionPath } from '../lake/layout.ts';
import { silentLog } from '../lake/log.ts';
import { readPartitionManifest } from '../lake/partition-manifest.ts';
import { controlLine, quoteLine, tradeLine, us } from '../tests/raw-lines.ts';
import {
  digestPartitions,
  keepCatalog,
  makeScratchLake,
  type ScratchLake,
} from '../tests/scratch-lake.ts';
import { type Derivation, deriveInstrument } from './derive.ts';
import { listParts } from './parts.ts';
import { openTransformSession } from './session.ts';
import { transformLake } from './transform-lake.ts';

const day = '2026-03-01';
const instrument = { exchange: 'binance', symbol: 'BTCUSDT' };
const at = (second: string) => us(`${day}T10:00:${second}Z`);

function contextOf(lake: ScratchLake) {
  return {
    config: parseConfig(`root: ${lake.root}`, {}),
    clock: openSystemClock(),
    log: silentLog,
    signal: new AbortController().signal,
  };
}

async function derive(into: string, derivation: Pick<Derivation, 'parts' | 'onProgress'>) {
  const session = await openTransformSession(parseConfig(`root: ${into}`, {}));
  try {
    await deriveInstrument(session, { ...derivation, instrument, into, log: silentLog });
  } finally {
    session.close();
  }
}

async function makeLakeOfTwoParts(): Promise<ScratchLake> {
  const lake = await makeScratchLake();
  await lake.writePart(day, 1, [
    controlLine(at('00.0'), 'subscribed'),
    tradeLine({ id: 1, us: at('00.1') }),
    quoteLine(at('01.0'), 1, '9.1', '9.2'),
    controlLine(at('02.0'), 'rotate'),
  ]);
  await lake.writePart(day, 2, [
    controlLine(at('02.0'), 'listening'),
    tradeLine({ id: 2, us: at('03.1') }),
    controlLine(at('04.0'), 'close'),
  ]);
  return lake;
}

it('derives an instrument elsewhere to the same bytes, and leaves the lake alone', async () => {
  const lake = await makeLakeOfTwoParts();
  expect(await transformLake(contextOf(lake), instrument, keepCatalog)).toMatchObject({ parts: 2 });
  const before = await lake.digestPartitions();
  const into = await mkdtemp(join(tmpdir(), 'derived-'));
  const progress: number[] = [];
  const parts = { pending: await listParts(lake.root, instrument), known: [] };
  await derive(into, { parts, onProgress: (bytes) => progress.push(bytes) });
  expect(await digestPartitions(into)).toEqual(before);
  expect(await lake.digestPartitions()).toEqual(before);
  expect(progress).toHaveLength(1);
});

it('reads only the parts it is told to', async () => {
  const lake = await makeLakeOfTwoParts();
  const into = await mkdtemp(join(tmpdir(), 'derived-'));
  const pending = (await listParts(lake.root, instrument)).filter((part) => part.number === 1);
  await derive(into, { parts: { pending, known: [] } });
  const path = partitionManifestPath(into, 'bars_1s', instrument, day);
  const manifest = await readPartitionManifest(path);
  expect(manifest).toMatchObject({ rows: 1, last_trade_id: 1 });
  const { size } = await stat(partitionPath(into, 'bars_1s', instrument, day));
  expect(manifest!.bytes).toBe(size);
});
