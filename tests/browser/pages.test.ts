// The pages beside the chart as people use them, in a real browser on a real server: health, SQL, log in.

import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fullInputs } from '../metric-inputs.ts';
import { findBarriers, findOverflow, type OpenPage, openBrowser, openPage } from './browser.ts';
import { type DashboardLake, openDashboardLake } from './dashboard-lake.ts';

const isWanted = process.env.LAKE_TEST_BROWSER !== undefined;
const patience = { timeout: 40_000, interval: 100 };
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
const token = 'a-token-for-the-browser';

describe.runIf(isWanted)('beside the chart', () => {
  let lake: DashboardLake;
  let browser: Browser;
  let page: OpenPage;

  beforeAll(async () => {
    [lake, browser] = await Promise.all([openDashboardLake(), openBrowser()]);
  }, 120_000);
  afterEach(async () => {
    const { complaints } = page;
    await page.context().close();
    expect(complaints).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await lake?.close();
  }, 60_000);

  async function open(path: string, options = {}): Promise<void> {
    page = await openPage(browser, options);
    await page.goto(`${lake.url}${path}`);
  }
  const textOf = (selector: string) => page.locator(selector).textContent();

  async function expectNoBarrier(): Promise<void> {
    expect(await findBarriers(page)).toEqual([]);
    await page.evaluate(`document.documentElement.dataset.theme = 'light'`);
    expect(await findBarriers(page)).toEqual([]);
  }

  it('health says what is wrong and what to do, as text, and looks again by itself', async () => {
    const what = `<script>alert("1")</script> & 'x'`;
    const [first] = fullInputs.heartbeat!.problems;
    await lake.writeHeartbeat({ problems: [{ ...first, what, action: 'do <b>this</b>' }] });
    await open('/health.html');
    await expect.poll(() => textOf('#problems'), patience).toContain(what);
    expect(await textOf('#problems')).toContain('What to do: do <b>this</b>');
    expect(await page.locator('#problems script, #problems b').count()).toBe(0);
    expect(await textOf('#where')).toMatch(/ · \/.*dashboard-.* · version \d/);
    await lake.writeHeartbeat({ status: 'healthy', problems: [] });
    await expect.poll(() => textOf('#problems'), patience).toBe('None.');
  }, 90_000);

  it('health shows each day of each symbol, and leads from a gap to the chart of it', async () => {
    await lake.writeHeartbeat({});
    await open('/health.html');
    const cells = page.locator('#calendar td');
    await expect.poll(() => cells.count(), patience).toBeGreaterThanOrEqual(8);
    const titles: string[] = await page.evaluate(
      `[...document.querySelectorAll('#calendar td')].map(({ title }) => title)`,
    );
    const wanted = `^binance/BTCUSDT ${lake.yesterday}: 9\\d\\.\\d+%, 60 s not observed`;
    expect(titles).toContainEqual(expect.stringMatching(wanted));
    expect(titles).toContainEqual(expect.stringMatching(' 100%, nothing is missing'));
    expect(await textOf('#symbols')).toContain('BTCUSDT');
    expect(await textOf('#services')).toContain('collect');
    for (const width of [1360, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      for (const id of ['symbols', 'services']) {
        const cut = `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.getElementById('${id}'))`;
        expect([width, id, await page.evaluate(cut)]).toEqual([width, id, 0]);
      }
    }
    await expectNoBarrier();
    await page.setViewportSize(phone.viewport);
    expect(await findOverflow(page)).toBeLessThanOrEqual(0);
    await page.locator('#gaps tr', { hasText: '60 s' }).locator('a').first().click();
    await page.locator('#read dd').first().waitFor({ timeout: 30_000 });
    await page.keyboard.press('b');
    await expect.poll(() => textOf('#table'), patience).toContain('Gap: nothing observed for 60 s');
  }, 90_000);

  it('SQL answers as a table and as a chart, keeps the question in the fragment, and exports', async () => {
    const sent: string[] = [];
    await open('/sql.html');
    page.on('request', (request) => sent.push(request.url()));
    await page.locator('#schema summary', { hasText: 'bars_live_1h' }).first().waitFor(patience);
    await page.keyboard.press('/');
    await page.keyboard.type('SELECT window_start, close, symbol FROM bars_li');
    await page.locator('#completions li', { hasText: 'bars_live_1h' }).first().waitFor();
    await page.keyboard.press('Escape');
    const sql = `SELECT window_start, symbol, close FROM bars_1h ORDER BY ALL`;
    await page.fill('#sql', sql);
    await page.keyboard.press('Control+Enter');
    await expect.poll(() => textOf('#outcome'), patience).toMatch(/^192 rows, [\d,]+ ms$/);
    expect(await page.locator('#result-table th').allTextContents()).toEqual([
      'window_starttimestamptz',
      'symbolvarchar',
      'closedouble',
    ]);
    await page.click('#as-chart');
    await page.locator('#result-chart canvas').first().waitFor();
    expect(await textOf('#result-chart .keys')).toBe('BTCUSDT closeETHUSDT close');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#csv')]);
    const lines = (await readFile(await download.path(), 'utf8')).trim().split('\n');
    expect([lines[0], lines.length]).toEqual(['window_start,symbol,close', 193]);
    expect(decodeURIComponent(new URL(page.url()).hash)).toBe(`#sql=${sql}`);
    expect(sent.filter((url) => url.includes('SELECT'))).toEqual([]);
    await expectNoBarrier();
    await page.reload();
    expect(await page.inputValue('#sql')).toBe(sql);
    expect(await textOf('#history')).toContain('SELECT window_start');
    await page.setViewportSize(phone.viewport);
    expect(await findOverflow(page)).toBeLessThanOrEqual(0);
  }, 90_000);

  it('SQL shows a long answer without a row too many, says what is wrong, and can be stopped', async () => {
    await open(`/sql.html#sql=${encodeURIComponent('SELECT range AS n FROM range(20000)')}`);
    await page.click('#run');
    await expect.poll(() => textOf('#outcome'), patience).toMatch(/^10,000 rows, cut off there/);
    expect(await page.locator('#result-table tbody tr').count()).toBeLessThan(120);
    await page.evaluate(`document.getElementById('result-table').scrollTop = 1e9`);
    await page.locator('#result-table td', { hasText: /^9999$/ }).waitFor();
    await page.fill('#sql', 'SELECT nothing_like_this FROM bars_1h');
    await page.click('#run');
    await expect.poll(() => textOf('#error'), patience).toMatch(/nothing_like_this/);
    expect(await textOf('#result-table')).toBe('The question failed.');
    expect(await page.locator('#csv:enabled, #parquet:enabled').count()).toBe(0);
    await page.fill('#sql', 'SELECT count(*) FROM range(1000000000000) a');
    await page.click('#run');
    await page.locator('#cancel:enabled').click();
    await expect.poll(() => textOf('#outcome'), patience).toMatch(/^cancelled after/);
    page.complaints.splice(0); // The browser itself tells of the request that was refused.
  }, 90_000);

  it('with a token one logs in once, and sees everything until one logs out', async () => {
    await lake.stopWeb();
    await lake.startWeb(token);
    await open('/?symbol=ETHUSDT&interval=1m');
    expect(new URL(page.url()).pathname).toBe('/login.html');
    expect(await findBarriers(page)).toEqual([]);
    await page.fill('#token', 'not the token');
    await page.keyboard.press('Enter');
    await expect.poll(() => textOf('#error'), patience).toMatch(/This is not the token/);
    page.complaints.splice(0); // The browser itself tells of the 401.
    await page.fill('#token', token);
    await page.keyboard.press('Enter');
    await page.locator('#read dd').first().waitFor({ timeout: 30_000 });
    expect(new URL(page.url()).search).toMatch(/^\?symbol=ETHUSDT&.*interval=1m/);
    expect(page.url()).not.toContain(token);
    expect(await page.evaluate('document.cookie + JSON.stringify(localStorage)')).not.toContain(
      token,
    );
    await page.goto(`${lake.url}/health.html`);
    await expect.poll(() => textOf('#services'), patience).toContain('collect');
    await page.click('#logout');
    await page.waitForURL('**/login.html');
    await page.goto(`${lake.url}/sql.html#sql=SELECT%201`);
    await page.fill('#token', token);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('#sql').inputValue(), patience).toBe('SELECT 1');
    await page.click('#logout');
    await page.waitForURL('**/login.html');
    await page.goto(`${lake.url}/`);
    expect(new URL(page.url()).pathname).toBe('/login.html');
  }, 90_000);
});
