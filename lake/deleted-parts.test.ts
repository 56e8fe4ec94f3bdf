import { appendFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Day } from './day.ts';
import { noteDeletedParts, readDeletedParts } from './deleted-parts.ts';
import { deletedPartsPath } from './layout.ts';

const instrument = { exchange: 'binance', symbol: 'BTCUSDT' };
const day = '2026-11-20' as Day;

it('knows what was deleted, whatever a crash has torn since', async () => {
  const root = await mkdtemp(join(tmpdir(), 'crypto-lake-deleted-'));
  expect(await readDeletedParts(root, instrument, day)).toEqual(new Set());
  const note = { at: '2026-11-28T02:00:00.000Z', reason: 'older than 7 days' };
  await noteDeletedParts(root, instrument, day, { ...note, parts: ['part_0001.jsonl'] });
  await appendFile(deletedPartsPath(root, instrument, day), '{"at":"2026');
  await noteDeletedParts(root, instrument, day, { ...note, parts: ['part_0002.jsonl'] });
  expect(await readDeletedParts(root, instrument, day)).toEqual(
    new Set(['part_0001.jsonl', 'part_0002.jsonl']),
  );
});
