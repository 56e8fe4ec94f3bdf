// The past of a demo's exchange: the finished day before it and the hours since, with a fraction of the
// trades, so that the lake of a newcomer has a history within seconds. Where the quiet past ends is kept in
// the root, because another demo in the same root must find the same trades under the same ids.

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { addDays, type Day, formatDay, startOfDayUs } from '../../lake/day.ts';
import { readTextIfPresent, writeFileDurably } from '../../lake/durable.ts';
import type { ProcessLog } from '../../lake/log.ts';
import { startMode } from '../program/program.ts';
import type { QuietPast } from '../simulator/activity.ts';

export type DemoPast = { day: Day; tradedSinceUs: number; quietPast: QuietPast };

const pastSchema = z.object({ quiet_until: z.iso.datetime() });
/** Of BTCUSDT this leaves 70,000 trades a day. */
const share = 0.02;

/** The past to give the exchange; undefined in the root of a demo that had none. */
export async function openDemoPast(root: string, nowUs: number): Promise<DemoPast | undefined> {
  const path = join(root, 'state', 'demo.json');
  const text = await readTextIfPresent(path);
  if (text === undefined && existsSync(join(root, 'raw'))) return undefined;
  const quiet_until = new Date(nowUs / 1000).toISOString();
  const kept = text === undefined ? { quiet_until } : pastSchema.parse(JSON.parse(text));
  if (text === undefined) {
    await mkdir(join(root, 'state'), { recursive: true });
    await writeFileDurably(path, `${JSON.stringify(kept)}\n`);
  }
  const untilUs = Date.parse(kept.quiet_until) * 1000;
  const day = addDays(formatDay(untilUs), -1);
  return { day, tradedSinceUs: startOfDayUs(day), quietPast: { untilUs, share } };
}

/** Fetches the finished day of some symbols, one after the other, until `signal`. Gives those fetched. */
export async function fetchDay(
  root: string,
  { day }: DemoPast,
  symbols: readonly string[],
  log: ProcessLog,
  signal: AbortSignal,
): Promise<string[]> {
  const fetched: string[] = [];
  for (const symbol of symbols) {
    if (signal.aborted) break;
    const backfill = startMode('backfill', root, log, {}, [
      ...['--symbol', symbol],
      ...['--from', day, '--to', day],
    ]);
    const stop = () => void backfill.stop();
    signal.addEventListener('abort', stop, { once: true });
    const code = await backfill.ended;
    signal.removeEventListener('abort', stop);
    if (code === 0 && !signal.aborted) fetched.push(symbol);
  }
  return fetched;
}
