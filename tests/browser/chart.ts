// The chart page as people use it: a real browser on a real server, over a lake with history, a gap, a filled
// minute and live data.

import { readFile } from 'node:fs/promises';
import { beforeAll, expect, it, vi } from 'vitest';
import { findBarriers, findOverflow, type OpenPage } from './browser.ts';
import { type Dashboard, patience, phone } from './dashboard.ts';
import type { DashboardLake } from './dashboard-lake.ts';

export function claimChart(dashboard: Dashboard): void {
  let lake: DashboardLake;
  let page: OpenPage;
  beforeAll(() => {
    lake = dashboard.lake;
  });

  async function open(query = '', options = {}): Promise<void> {
    page = await dashboard.open(`/${query}`, options);
    await page.locator('#read dd').first().waitFor({ timeout: 30_000 });
  }

  /** The missing minute of yesterday with two minutes around it. */
  const aroundGap = () =>
    `?symbol=BTCUSDT&interval=1s&from=${lake.yesterday}T09:59:00Z&to=${lake.yesterday}T10:03:00Z`;
  const query = () => new URL(page.url()).searchParams;
  const readTimes = async () =>
    (await page.locator('#table tbody tr td:first-child').allTextContents()).reverse();

  async function showTable(): Promise<string[]> {
    if (await page.locator('#table').isHidden()) await page.keyboard.press('b');
    await page.locator('#table tbody tr').first().waitFor();
    return readTimes();
  }

  it('asks for its first bars while the chart is still on its way, once, and of no other symbol', async () => {
    page = await dashboard.newPage();
    const asked: string[] = [];
    const { promise: isAsked, resolve: ask } = Promise.withResolvers<void>();
    page.on('request', (request) => {
      const { pathname, search } = new URL(request.url());
      if (pathname === '/api/bars') ask();
      if (/^.api.(symbols|bars)/.test(pathname)) asked.push(`${pathname}${search}`);
    });
    await page.route('**/assets/lightweight-charts.js', async (route) => {
      await isAsked;
      await route.continue();
    });
    await page.goto(lake.url);
    await page.locator('#read dd').first().waitFor({ timeout: 30_000 });
    const bars = '/api/bars?exchange=binance&symbol=BTCUSDT&interval=1m&at_once=1&limit=500';
    expect(asked).toEqual(['/api/symbols', bars]);
  });

  it('shows live bars without a reload, says that it is live, and goes on after the server was away', async () => {
    await open('?symbol=BTCUSDT&interval=1s');
    // A machine that does more than this is behind, and the page says so.
    const live = () => page.locator('#live').textContent();
    await expect.poll(live, patience).toMatch(/^(Live|Behind [\d.]+ \w+)$/);
    const time = () => page.locator('#read dd').first().textContent();
    const before = await time();
    await expect.poll(time, patience).not.toBe(before);
    await expect.poll(() => page.locator('#now').textContent(), patience).toMatch(/Bid.*Ask/);
    await lake.stopWeb();
    await expect.poll(live, patience).toMatch(/Offline/);
    const away = await time();
    await lake.startWeb();
    await expect.poll(live, patience).toMatch(/^(Live|Behind [\d.]+ \w+)$/);
    await expect.poll(time, patience).not.toBe(away);
    const times = await showTable();
    const seconds = times.map((text) => Date.parse(text.replace(' UTC', 'Z').replace(' ', 'T')));
    const today = seconds.filter((ms) => ms > Date.now() - 120_000);
    expect(today.length).toBeGreaterThan(3);
    for (let i = 1; i < today.length; i++) expect(today[i]! - today[i - 1]!).toBe(1000);
    page.complaints.splice(0); // The browser itself tells of connections refused meanwhile.
  }, 90_000);

  it('marks a gap and what was filled, on the canvas and in words', async () => {
    await open(aroundGap());
    await showTable();
    const missing = /Missing trades: [\d,]+, ids \d+ to \d+, .* 10:01:\d\d UTC/;
    const words = await page.locator('#table .marks').textContent();
    expect(words).toContain('Gap: nothing observed for 60 s (60 intervals)');
    expect(words).toContain(`${lake.yesterday} 10:00:00 UTC to ${lake.yesterday} 10:01:00 UTC`);
    await expect.poll(() => page.locator('#table .marks').textContent(), patience).toMatch(missing);
    const states = await page.locator('#table tbody td:last-child').allTextContents();
    expect(states.filter((state) => /trades filled/.test(state)).length).toBeGreaterThan(10);
    expect(await page.locator('#table tbody').textContent()).toMatch(/up to [\d,]+ trades missing/);
    await page.keyboard.press('b');
    const canvas = () => page.locator('#chart').screenshot();
    await page.mouse.move(1, 1);
    const marked = await canvas();
    await page.click('#marks');
    await page.mouse.move(1, 1);
    expect((await canvas()).equals(marked)).toBe(false);
    await page.click('#marks');
    const box = (await page.locator('#chart').boundingBox())!;
    await page.mouse.move(box.x + (box.width - 70) * 0.39, box.y + box.height / 3);
    await expect.poll(() => page.locator('#tip').textContent(), patience).toContain('Gap: nothing');
    expect(await page.locator('#tip').textContent()).toMatch(missing);
  });

  it('loads history while one scrolls back: every bar once, none left out', async () => {
    await open(aroundGap());
    // Where history is still on its way, there is nothing to scroll to yet.
    const scroll = async () => {
      await page.keyboard.press('Shift+ArrowLeft');
      return query().get('to')! < `${lake.yesterday}T09:40:00Z`;
    };
    await expect.poll(scroll, { timeout: 60_000, interval: 400 }).toBe(true);
    expect(await page.locator('#to-live').isVisible()).toBe(true);
    await showTable();
    // What was scrolled last moves on for a moment, and the address follows.
    await vi.waitFor(async () => {
      const rows = await lake.query(
        `SELECT strftime(window_start AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S UTC') AS time FROM bars
         WHERE symbol = 'BTCUSDT' AND window_start >= '${query().get('from')}' AND window_start < '${query().get('to')}'
         ORDER BY window_start`,
      );
      const shown = await readTimes();
      expect(shown.length).toBeGreaterThan(100);
      expect(shown).toEqual(rows.map(({ time }) => time));
    }, patience);
  });

  it('exports exactly what is on screen, as CSV and as Parquet', async () => {
    await open(aroundGap());
    const shown = await showTable();
    const expected = await lake.query(
      `SELECT epoch(window_start) AS second, close, volume_base, trade_count::INT AS trade_count FROM bars WHERE symbol = 'BTCUSDT'
       AND window_start >= '${lake.yesterday}T09:59:00Z' AND window_start < '${lake.yesterday}T10:03:00Z' ORDER BY 1`,
    );
    expect([shown.length, expected.length]).toEqual([180, 180]);
    for (const [button, read] of [
      ['#csv', 'read_csv'],
      ['#parquet', 'read_parquet'],
    ] as const) {
      const [download] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
      const path = await download.path();
      const rows = await lake.query(
        `SELECT epoch(window_start) AS second, close, volume_base, trade_count::INT AS trade_count FROM ${read}('${path}')`,
      );
      expect([button, rows]).toEqual([button, expected]);
      if (button === '#csv')
        expect((await readFile(path, 'utf8')).split('\n')[0]).toMatch(/window_start/);
    }
  });

  it('comes back by its URL: symbol, interval, times, theme and zone', async () => {
    await open(`${aroundGap()}&tz=local&theme=light`);
    const view = async () => [
      await page.locator('#summary').textContent(),
      await page.locator('html').getAttribute('data-theme'),
      await page.locator('#zone').textContent(),
    ];
    const opened = await view();
    await page.keyboard.press('+');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(view, patience).not.toEqual(opened);
    await expect.poll(() => query().get('to'), patience).not.toBe(`${lake.yesterday}T10:03:00Z`);
    const [url, before] = [page.url(), await view()];
    expect(before[0]).toMatch(/^BTCUSDT 1s: \d+ bars/);
    expect(before.slice(1)).toEqual(['light', expect.stringMatching(/^UTC−[45]$/)]);
    await open(url.slice(lake.url.length + 1));
    await expect.poll(view, patience).toEqual(before);
    expect(page.url()).toBe(url);
  });

  it('is used by the keyboard alone, and shows where the focus is', async () => {
    await open('?symbol=BTCUSDT&interval=1m');
    for (const [i, interval] of ['1s', '1m', '5m', '15m', '1h', '1d'].entries()) {
      await page.keyboard.press(`${i + 1}`);
      const pressed = page.locator('#intervals [aria-pressed="true"]');
      expect(await pressed.allTextContents()).toEqual([interval]);
    }
    await expect.poll(() => query().get('interval'), patience).toBe('1d');
    await page.keyboard.press('/');
    await page.keyboard.type('eth');
    await page.keyboard.press('Enter');
    await expect.poll(() => query().get('symbol'), patience).toBe('ETHUSDT');
    await page.keyboard.press('?');
    expect(await page.locator('#help').isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    await page.keyboard.press('t');
    expect(await page.locator('html').getAttribute('data-theme')).toBe('light');
    await page.keyboard.press('u');
    expect(await page.locator('#zone').textContent()).toMatch(/^UTC−/);
    const [saved] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('e')]);
    expect(saved.suggestedFilename()).toMatch(/ETHUSDT.*\.csv$/);
    const reached = new Set<string>();
    for (let i = 0; i < 30; i++) {
      await page.keyboard.press('Tab');
      const [name, outline]: [string, string] = await page.evaluate(
        `[document.activeElement.id || document.activeElement.textContent, getComputedStyle(document.activeElement).outlineStyle]`,
      );
      if (name.length < 30) expect([name, outline]).toEqual([name, 'solid']);
      reached.add(name);
    }
    const all = ['Health', 'zone', 'theme', 'help-button', 'symbol', '1s', 'marks', 'csv', 'chart'];
    expect(all.filter((name) => !reached.has(name))).toEqual([]);
  });

  it('reads one bar after the other aloud', async () => {
    await open(aroundGap());
    // What is said next takes its place, that the page is live for one.
    const said: string[] = [];
    await page.exposeFunction('hear', (text: string) => void said.push(text));
    await page.evaluate(`
      const place = document.getElementById('announcement');
      new MutationObserver(() => hear(place.textContent)).observe(place, { childList: true });
    `);
    const hasSaid = (text: string) => () => said.some((one) => one.includes(text));
    await page.keyboard.press(',');
    await expect.poll(hasSaid(`${lake.yesterday} 10:02:59 UTC: close `), patience).toBe(true);
    await page.keyboard.press(',');
    await expect.poll(hasSaid('10:02:58 UTC: '), patience).toBe(true);
  });

  it('fits a phone, and has no barrier in either theme', async () => {
    const aroundEnd = aroundGap().replace('09:59:00', '10:00:30').replace('10:03:00', '10:01:20');
    for (const colorScheme of ['dark', 'light'] as const) {
      await open(aroundEnd, { ...phone, colorScheme });
      await showTable();
      expect(await findOverflow(page)).toBeLessThanOrEqual(0);
      expect(await findBarriers(page)).toEqual([]);
      const color: string = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(color).toBe(colorScheme === 'dark' ? 'rgb(12, 16, 23)' : 'rgb(245, 247, 250)');
    }
  });

  it('shows nothing of one symbol under the name of another, and asks again by itself', async () => {
    await open('?symbol=BTCUSDT&interval=1m');
    await expect.poll(() => page.locator('#summary').textContent(), patience).toMatch(/^BTCUSDT/);
    const { promise: isSeen, resolve: see } = Promise.withResolvers<void>();
    let asked = 0;
    await page.route('**/api/bars?*ETHUSDT*', async (route) => {
      asked += 1;
      if (asked > 1) return route.continue();
      await isSeen;
      const headers = { 'retry-after': '1' };
      return route.fulfill({ status: 503, headers, json: { status: 503, error: 'busy' } });
    });
    await page.keyboard.press('/');
    await page.keyboard.type('eth');
    await page.keyboard.press('Enter');
    await expect.poll(() => asked, patience).toBe(1);
    await expect
      .poll(() => page.locator('#notice').textContent(), patience)
      .toBe('Loading ETHUSDT 1m');
    expect(await page.locator('#summary').textContent()).toBe('');
    expect(await page.locator('#read dd').count()).toBe(0);
    expect(await page.locator('#volume-name').isVisible()).toBe(false);
    see();
    const error = page.locator('#error');
    await expect.poll(() => error.textContent(), patience).toMatch(/^busy. Asks again .* 1 s.$/);
    await expect.poll(() => page.locator('#summary').textContent(), patience).toMatch(/^ETHUSDT/);
    expect([asked > 1, await error.isVisible()]).toEqual([true, false]);
    page.complaints.splice(0); // The browser itself tells of the 503.
  });

  it('shows names as they are, whatever they look like', async () => {
    page = await dashboard.newPage();
    const symbol = '<img src=x onerror=alert(1)>';
    const info = { exchange: '<b>v</b>', symbol, first_day: null, last_day: null };
    const body = { symbols: [{ ...info, is_live: true, price_decimals: 2 }] };
    await page.route('**/api/symbols', (route) => route.fulfill({ json: body }));
    await page.goto(lake.url);
    await vi.waitUntil(async () => (await page.inputValue('#symbol')) === symbol, patience);
    await page.click('#symbol');
    expect(await page.locator('#symbols').textContent()).toContain(`${symbol}<b>v</b>`);
    expect(await page.locator('#error').textContent()).toMatch(/symbol/);
    expect(await page.locator('main img').count()).toBe(0);
    page.complaints.splice(0); // The server refuses such a name, and the browser says so.
  });
}
