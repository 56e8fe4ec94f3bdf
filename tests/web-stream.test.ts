// Live streams: a client whose connection is cut at any moment, and who goes on from where it was, has in the end every
// final bar, as SQL has it.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventSchemas } from '../tools/web/answer-schemas.ts';
import { history, openServedLake, type ServedLake, startUs } from './web-lake.ts';

const cuts = Number(process.env.LAKE_TEST_STREAM_CUTS ?? 4);
const secondsPerCut = 6;
const lastSecond = history.seconds + (cuts + 1) * secondsPerCut;

type Event = { id: string | undefined; event: string; data: string };
type Bar = { window_start: string; final: boolean };

let lake: ServedLake;
beforeAll(async () => {
  lake = await openServedLake({ max_streams: 1 }, startUs + lastSecond * 1_000_000);
  await lake.writeOpenSeconds(history.seconds, secondsPerCut);
});
afterAll(() => lake.close());

const path = `/api/stream?symbol=BTCUSDT&interval=1s&from=${(startUs + 290_000_000) / 1000}`;

/** Events as they come, until the connection is cut. */
async function* readEvents(lastId: string | undefined, cut: AbortSignal): AsyncGenerator<Event> {
  const headers: Record<string, string> = lastId === undefined ? {} : { 'last-event-id': lastId };
  const answer = await lake.get(path, { headers, signal: cut });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    'text/event-stream; charset=utf-8',
  ]);
  let rest = '';
  for await (const bytes of answer.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + bytes).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s, 2)));
      if (fields.event !== undefined) yield fields as Event;
    }
  }
}

it('miss no final bar, however often they are cut', async () => {
  const finals = new Map<string, Bar>();
  let lastId: string | undefined;
  let written = history.seconds + secondsPerCut;

  /** Reads until `isEnough`, then cuts the connection. */
  async function follow(isEnough: () => boolean): Promise<void> {
    const cut = new AbortController();
    for await (const { id, event, data } of readEvents(lastId, cut.signal)) {
      eventSchemas[event as keyof typeof eventSchemas].parse(JSON.parse(data));
      if (event !== 'bar') continue;
      lastId = id;
      const bar = JSON.parse(data) as Bar;
      if (bar.final) finals.set(bar.window_start, bar);
      if (isEnough()) break;
    }
    cut.abort();
  }

  for (let round = 0; round < cuts; round++) {
    let left = 1 + ((round * 7) % 5) * 61;
    await follow(() => --left <= 0);
    await lake.writeOpenSeconds(written, secondsPerCut);
    written += secondsPerCut;
  }
  // The last two are final when what follows them is known.
  const expected = written - 290 - (history.gap.to - history.gap.from) - 2;
  await follow(() => finals.size >= expected);

  const answer = await lake.postSql(
    `SELECT * EXCLUDE (day), 1 AS seconds FROM bars_live
     WHERE window_start >= to_timestamp(${startUs / 1e6 + 290}) ORDER BY window_start`,
  );
  const { columns, rows } = (await answer.json()) as {
    columns: { name: string }[];
    rows: unknown[][];
  };
  const stored = rows.map((row) =>
    Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])),
  );
  const heard = [...finals.values()].sort((a, b) => (a.window_start < b.window_start ? -1 : 1));
  expect(heard).toEqual(
    stored.slice(0, -2).map((row) => ({ ...row, interval: '1s', final: true })),
  );
});

it('are refused beyond so many, and told when the server stops', async () => {
  const cut = new AbortController();
  const events = readEvents(undefined, cut.signal);
  await events.next();
  const refused = await lake.get(path);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '10']);
  const closing = lake.close();
  let last: Event | undefined;
  for await (const event of events) last = event;
  expect(last).toMatchObject({ event: 'end', data: expect.stringContaining('stopping') });
  await closing;
});
