// How long a person waits for the first chart of a month of the 13 majors: a real Chromium, a web server that was just
// started, and the process that reads the lake not yet. From the moment the page is asked for to the frame that shows
// the bars.

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Browser, chromium } from 'playwright-core';
import { addDays, formatDay } from '../lake/day.ts';
import { readStatus, webStatusSchema } from '../lake/status.ts';
import { writeMonth } from './month-model.ts';
import type { Row } from './row.ts';
import { startMode } from './stack.ts';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const days = 30;
const samples = 7;
const chartWithinMs = 30_000;
/** In the page: when its first chart was on screen, ms after it was asked for. */
const awaitMark = `new Promise((resolve) => {
  new PerformanceObserver((list) => {
    for (const { startTime } of list.getEntriesByName('lake:chart')) resolve(startTime);
  }).observe({ type: 'mark', buffered: true });
})`;

export async function benchFirstChart(): Promise<Row[]> {
  const root = await mkdtemp(join(tmpdir(), 'bench-chart-'));
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const today = formatDay(Date.now() * 1000);
    const { rows } = await writeMonth(root, { days, from: addDays(today, -days) });
    // Where Node has compiled the program before, it starts faster; and the lake has its catalog.
    await measureFirstChart(root, browser);
    const foundMs: number[] = [];
    while (foundMs.length < samples) foundMs.push(await measureFirstChart(root, browser));
    foundMs.sort((a, b) => a - b);
    const note = `of ${samples}, ${(rows / 1e6).toFixed(1)} million rows`;
    const bound = { max: 1500 };
    return [
      { name: 'first chart in Chromium, median', value: foundMs[samples >> 1]!, unit: 'ms', note },
      { name: 'first chart in Chromium, slowest', value: foundMs.at(-1)!, unit: 'ms', bound },
    ];
  } finally {
    await browser.close();
    await rm(root, { recursive: true, force: true });
  }
}

/** With a server and a browser profile of its own, ms. */
export async function measureFirstChart(root: string, browser: Browser): Promise<number> {
  const since = new Date().toISOString();
  const web = startMode('web', ['--root', root], {
    CRYPTO_LAKE_WEB__PORT: '0',
    NODE_COMPILE_CACHE: join(import.meta.dirname, '..', '.cache', 'compile'),
  });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    await page.goto(await awaitUrl(root, since), { waitUntil: 'commit' });
    const late = wait(chartWithinMs, undefined, { ref: false }).then(() => {
      throw new Error(`await chart: none within ${chartWithinMs} ms`);
    });
    return await Promise.race([page.evaluate<number>(awaitMark), late]);
  } finally {
    await context.close();
    web.kill('SIGTERM');
    await once(web, 'exit');
  }
}

async function awaitUrl(root: string, since: string): Promise<string> {
  for (;;) {
    const status = await readStatus(root, 'web', webStatusSchema);
    if (status !== undefined && status.updated_at >= since) return status.url;
    await wait(50);
  }
}
