// What is claimed of the SQL page.

import { readFile } from 'node:fs/promises';
import { beforeAll, expect, it } from 'vitest';
import { findOverflow, type OpenPage } from './browser.ts';
import { type Dashboard, expectNoBarrier, patience, phone } from './dashboard.ts';
import type { DashboardLake } from './dashboard-lake.ts';

export function claimSql(dashboard: Dashboard): void {
  let lake: DashboardLake;
  let page: OpenPage;
  beforeAll(() => {
    lake = dashboard.lake;
  });

  async function open(path: string): Promise<void> {
    page = await dashboard.open(path);
  }
  const textOf = (selector: string) => page.locator(selector).textContent();

  it('answers as a table and as a chart, keeps the question in the fragment, and exports', async () => {
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
    const [parquet] = await Promise.all([page.waitForEvent('download'), page.click('#parquet')]);
    const asRows = 'epoch(window_start) AS second, symbol, close';
    const [saved, expected] = [
      await lake.query(
        `SELECT ${asRows} FROM read_parquet('${await parquet.path()}') ORDER BY ALL`,
      ),
      await lake.query(`SELECT epoch(time_bucket(INTERVAL 1 HOUR, window_start)) AS second, symbol,
        arg_max(close, window_start) AS close FROM bars GROUP BY ALL ORDER BY ALL`),
    ];
    expect(saved).toEqual(expected);
    expect(decodeURIComponent(new URL(page.url()).hash)).toBe(`#sql=${sql}`);
    expect(sent.filter((url) => url.includes('SELECT'))).toEqual([]);
    await expectNoBarrier(page);
    await page.reload();
    expect(await page.inputValue('#sql')).toBe(sql);
    expect(await textOf('#history')).toContain('SELECT window_start');
    await page.setViewportSize(phone.viewport);
    expect(await findOverflow(page)).toBeLessThanOrEqual(0);
  }, 90_000);

  it('shows a long answer without a row too many, says what is wrong, and can be stopped', async () => {
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

  it('helps with the question: examples, names, completion, history', async () => {
    await open('/sql.html');
    const editor = page.locator('#sql');
    await page.locator('#examples button', { hasText: 'Completeness by day' }).click();
    expect(await editor.inputValue()).toMatch(/FROM quality/);
    await expect.poll(() => textOf('#outcome'), patience).toMatch(/^\d+ rows, /);
    await page.fill('#sql', 'SELECT ');
    await page.locator('#schema summary', { hasText: /^bars_1h$/ }).click();
    const names = page.locator('#schema details[open] button');
    await names.getByText('close', { exact: true }).click();
    expect(await editor.inputValue()).toBe('SELECT close');
    await page.keyboard.type(' FROM bars_1');
    await page.locator('#completions li', { hasText: /^bars_1d/ }).click();
    expect(await editor.inputValue()).toBe('SELECT close FROM bars_1d');
    await page.keyboard.type(' ORDER BY window_sta');
    await page.keyboard.press('Control+Space');
    await page.keyboard.press('Enter');
    expect(await editor.inputValue()).toBe('SELECT close FROM bars_1d ORDER BY window_start');
    await page.keyboard.press('Escape');
    await page.click('#run');
    await expect.poll(() => textOf('#outcome'), patience).toMatch(/^8 rows, /);
    await page.locator('#history button', { hasText: 'SELECT day,' }).click();
    expect(await editor.inputValue()).toMatch(/^SELECT day,/);
    await expect.poll(() => textOf('#result-table thead'), patience).toMatch(/^day/);
  }, 90_000);

  it('turns between table and chart by keyboard and mouse, in the zone and theme one chose', async () => {
    const sql = 'SELECT window_start, close FROM bars_1h ORDER BY ALL LIMIT 9';
    await open(`/sql.html#sql=${encodeURIComponent(sql)}`);
    await page.click('#run');
    await expect.poll(() => textOf('#outcome'), patience).toMatch(/^9 rows, /);
    await page.locator('#as-table').focus();
    await page.keyboard.press('ArrowRight');
    const drawn = page.locator('#result-chart canvas').first();
    await drawn.waitFor();
    const chart = () => page.locator('#result-chart').screenshot();
    const dark = await chart();
    await page.click('#theme');
    await expect.poll(async () => (await chart()).equals(dark), patience).toBe(false);
    const utc = await chart();
    await page.click('#zone');
    await expect.poll(async () => (await chart()).equals(utc), patience).toBe(false);
    await page.click('#as-table');
    expect([
      await drawn.count(),
      await page.locator('#result-table td').first().isVisible(),
    ]).toEqual([0, true]);
    await page.click('#help-button');
    await page.click('#help-close');
    expect(await page.locator('#help').isVisible()).toBe(false);
    await page.locator('.skip').focus();
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('sql');
    await page.route('https://www.tradingview.com/**', (route) =>
      route.fulfill({ body: 'thanks' }),
    );
    await page.click('text=TradingView Lightweight Charts');
    expect(await textOf('body')).toBe('thanks');
    await page.goBack();
  }, 90_000);
}
