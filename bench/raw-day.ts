// Raw parts of a market day for the transformer's benchmarks: one part a minute, one trade to four book
// tickers, as the collector would have written them, manifests included. The same arguments give the
// same bytes.

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rawDayDir } from '../lake/layout.ts';
import type { PartRecord } from '../lake/part-manifest.ts';

export const benchDay = '2026-03-01';
const partUs = 60_000_000;

export type RawDay = {
  root: string;
  symbol: string;
  /** UTC; `benchDay` by default. */
  day?: string;
  /** Minutes of the day to write, from `fromMinute`. */
  fromMinute: number;
  minutes: number;
  messagesPerSecond: number;
};

/** Writes the parts; returns how many messages and bytes they hold. */
export function writeRawDay(day: RawDay): { messages: number; bytes: number } {
  const folder = rawDayDir(
    day.root,
    { exchange: 'binance', symbol: day.symbol },
    day.day ?? benchDay,
  );
  mkdirSync(folder, { recursive: true });
  let bytes = 0;
  let messages = 0;
  const records: string[] = [];
  for (let minute = day.fromMinute; minute < day.fromMinute + day.minutes; minute++) {
    const name = `part_${String(minute + 1).padStart(4, '0')}.jsonl`;
    const part = formatPart(day, minute);
    writeFileSync(join(folder, name), part.text);
    bytes += part.text.length;
    messages += part.frames;
    records.push(JSON.stringify(describePart(name, part, day, minute)));
  }
  writeFileSync(join(folder, 'manifest.jsonl'), `${records.join('\n')}\n`, { flag: 'a' });
  return { messages, bytes };
}

type PartText = { text: string; frames: number; lines: number; firstId: number; lastId: number };

function formatPart(day: RawDay, minute: number): PartText {
  const perMinute = Math.round(day.messagesPerSecond * 60);
  const trades = Math.floor(perMinute / 5);
  const stream = day.symbol.toLowerCase();
  const beginUs = findBeginUs(day, minute);
  const first = minute === 0 ? 'subscribed' : 'listening';
  const lines = [
    `{"recv":${beginUs},"conn":"c1","event":"${first}","streams":["${stream}@trade"]}`,
  ];
  let random = minute * 2_654_435_761 + 1;
  const next = (below: number) => {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((random / 2 ** 32) * below);
  };
  // Times only rise, in bursts: some seconds are crowded, some are empty.
  const perBurst = Math.ceil(day.messagesPerSecond * 1.5);
  let stretch = 1;
  for (let index = 0; index < perMinute; index++) {
    const burst = Math.floor(index / perBurst);
    if (index % perBurst === 0) stretch = 0.1 + next(1000) / 1111;
    const within = ((index % perBurst) / perBurst) * stretch;
    const us = beginUs + Math.floor(((burst + within) * perBurst * partUs) / perMinute);
    const price = ((6_000_000 + next(20_000)) / 100).toFixed(8);
    const quantity = (next(200_000) / 100_000 + 0.00001).toFixed(8);
    const head = `{"recv":${us + 40_000 + next(9_000)},"conn":"c1","msg":{"stream":"${stream}@`;
    if (index % 5 === 0) {
      const id = 4_000_000_000 + minute * trades + index / 5;
      lines.push(
        `${head}trade","data":{"e":"trade","E":${us + 900},"s":"${day.symbol}","t":${id},"p":"${price}","q":"${quantity}","T":${us},"m":${next(2) === 0},"M":true}}}`,
      );
    } else {
      const ask = ((6_020_001 + next(10)) / 100).toFixed(8);
      lines.push(
        `${head}bookTicker","data":{"u":${50_000_000_000 + minute * 1_000_000 + index},"s":"${day.symbol}","b":"${price}","B":"${quantity}","a":"${ask}","A":"${quantity}"}}}`,
      );
    }
  }
  lines.push(`{"recv":${beginUs + partUs},"conn":"c1","event":"rotate"}`);
  return {
    text: `${lines.join('\n')}\n`,
    frames: perMinute,
    lines: lines.length,
    firstId: 4_000_000_000 + minute * trades,
    lastId: 4_000_000_000 + (minute + 1) * trades - 1,
  };
}

function findBeginUs({ day = benchDay }: RawDay, minute: number): number {
  return Date.parse(`${day}T00:00:00Z`) * 1000 + minute * partUs;
}

function describePart(name: string, part: PartText, day: RawDay, minute: number): PartRecord {
  const stream = day.symbol.toLowerCase();
  const beginUs = findBeginUs(day, minute);
  const trades = part.lastId - part.firstId + 1;
  return {
    part: name,
    bytes: part.text.length,
    lines: part.lines,
    sha256: createHash('sha256').update(part.text).digest('hex'),
    streams: { [`${stream}@trade`]: trades, [`${stream}@bookTicker`]: part.frames - trades },
    first_recv: beginUs,
    last_recv: beginUs + partUs,
    first_event: beginUs,
    last_event: beginUs + partUs,
    first_trade_id: part.firstId,
    last_trade_id: part.lastId,
  };
}
