// What is claimed of the chart page's controls, each used by mouse; by keyboard they are used in chart.ts.

import { beforeAll, expect, it } from 'vitest';
import type { OpenPage } from './browser.ts';
import { type Dashboard, patience } from './dashboard.ts';
import type { DashboardLake } from './dashboard-lake.ts';

export function claimChartControls(dashboard: Dashboard): void {
  let lake: DashboardLake;
  let page: OpenPage;
  beforeAll(() => {
    lake = dashboard.lake;
  });

  async function open(query: string): Promise<void> {
    page = await dashboard.open(`/${query}`);
    await page.locator('#read dd').first().waitFor({ timeout: 30_000 });
  }
  const query = () => new URL(page.url()).searchParams;
  const canvas = () => page.locator('#chart').screenshot();
  /** Pages of history are joined at both ends for a while. */
  async function settle(): Promise<void> {
    let before = await canvas();
    const isAsBefore = async () => {
      const now = await canvas();
      const isSame = now.equals(before);
      before = now;
      return isSame;
    };
    await expect.poll(isAsBefore, { timeout: 40_000, interval: 700 }).toBe(true);
  }
  /** What is drawn is another thing without it, and the same with it again: unless more bars came meanwhile. */
  async function turnOffAndOn(id: string): Promise<void> {
    let isBack = false;
    for (let attempt = 1; !isBack && attempt <= 6; attempt++) {
      await settle();
      const before = await canvas();
      const isAsBefore = async () => (await canvas()).equals(before);
      await page.click(`#${id}`);
      await page.mouse.move(1, 1);
      await expect.poll(isAsBefore, patience).toBe(false);
      expect(await isOn(id)).toBe('false');
      await page.click(`#${id}`);
      await page.mouse.move(1, 1);
      expect(await isOn(id)).toBe('true');
      for (let look = 1; !isBack && look <= 10; look++) isBack = await isAsBefore();
    }
    expect(isBack).toBe(true);
  }
  const isOn = (id: string) => page.locator(`#${id}`).getAttribute('aria-pressed');

  it('shows the interval and the symbol that were clicked, live', async () => {
    await open('?symbol=BTCUSDT&interval=1m');
    for (const interval of ['1s', '5m', '15m', '1h', '1d', '1m']) {
      await page.locator('#intervals button', { hasText: new RegExp(`^${interval}$`) }).click();
      const title = new RegExp(`^[\\d,.]+ BTCUSDT ${interval} `);
      await expect.poll(() => page.title(), patience).toMatch(title);
    }
    await page.click('#symbol');
    expect(await page.locator('#symbols li').allTextContents()).toEqual([
      'BTCUSDTbinance · live',
      'ETHUSDTbinance · live',
    ]);
    await page.locator('#symbols li', { hasText: 'ETHUSDT' }).click();
    await expect.poll(() => page.title(), patience).toMatch(/^[\d,.]+ ETHUSDT 1m /);
    expect(await page.locator('#symbols').isVisible()).toBe(false);
    await page.click('#symbol');
    await page.keyboard.type('nothing like it');
    expect(await page.locator('#symbols').textContent()).toBe('no such symbol');
    await page.keyboard.press('Escape');
    expect(await page.inputValue('#symbol')).toBe('ETHUSDT');
  });

  it('is dragged back in time, and goes back to the newest bars', async () => {
    await open('?symbol=BTCUSDT&interval=1m');
    expect(await page.locator('#to-live').isVisible()).toBe(false);
    await page.locator('#chart').click({ position: { x: 300, y: 200 } });
    const box = (await page.locator('#chart').boundingBox())!;
    await page.mouse.move(box.x + 300, box.y + 200);
    await page.mouse.down();
    await page.mouse.move(box.x + 900, box.y + 200, { steps: 5 });
    await page.mouse.up();
    await expect.poll(() => query().get('to'), patience).not.toBe(null);
    const live = () => page.locator('#live').textContent();
    await expect.poll(live, patience).toMatch(/^(Live · looking back|Behind .*)$/);
    await page.click('#to-live');
    await expect.poll(() => query().get('bars'), patience).not.toBe(null);
    expect([query().get('to'), await page.locator('#to-live').isVisible()]).toEqual([null, false]);
    const bars = Number(query().get('bars'));
    await page.mouse.move(box.x + 300, box.y + 200);
    await page.mouse.wheel(0, -300);
    await expect.poll(() => Number(query().get('bars')), patience).toBeLessThan(bars);
  });

  it('shows bid and ask, marks, the table, theme and zone where they are switched on, and only there', async () => {
    const [from, to] = ['T09:59:30Z', 'T10:01:30Z'].map((time) => `${lake.yesterday}${time}`);
    await open(`?symbol=BTCUSDT&interval=1s&from=${from}&to=${to}`);
    await expect
      .poll(() => page.locator('#summary').textContent(), patience)
      .toMatch(/1 with miss/);
    await page.mouse.move(1, 1);
    for (const id of ['quotes', 'marks']) await turnOffAndOn(id);
    await page.click('#table-button');
    expect(await page.locator('#table td').first().isVisible()).toBe(true);
    await page.click('#zone');
    await expect
      .poll(() => page.locator('#table td').first().textContent(), patience)
      .toMatch(/ 0[56]:01:29 UTC−[45]$/);
    await page.click('#table-button');
    expect(await page.locator('#table').isVisible()).toBe(false);
    const dark = await canvas();
    await page.click('#theme');
    await expect.poll(async () => (await canvas()).equals(dark), patience).toBe(false);
    const chosen = () => [query().get('theme'), query().get('tz')];
    await expect.poll(chosen, patience).toEqual(['light', 'local']);
  });

  it('explains its keys, leads past its tools, and names who made it', async () => {
    await open('?symbol=BTCUSDT&interval=1h');
    await page.click('#help-button');
    expect(await page.locator('#help').textContent()).toContain('export what is on screen');
    await page.click('#help-close');
    expect(await page.locator('#help').isVisible()).toBe(false);
    await page.locator('.skip').focus();
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('chart');
    const thanks = { body: 'thanks' };
    await page.route('https://www.tradingview.com/**', (route) => route.fulfill(thanks));
    await page.click('text=TradingView Lightweight Charts');
    expect(await page.locator('body').textContent()).toBe('thanks');
    await page.goBack();
  });

  it('says what an empty lake waits for, and shows the first bars by itself', async () => {
    page = await dashboard.newPage();
    let asked = 0;
    await page.route('**/api/symbols', (route) => {
      asked += 1;
      return asked > 1 ? route.continue() : route.fulfill({ json: { symbols: [] } });
    });
    await page.goto(lake.url);
    const notice = page.locator('#notice');
    await expect.poll(() => notice.textContent(), patience).toMatch(/^The lake has no data yet\. /);
    expect(await page.locator('#live').textContent()).toBe('No data yet');
    expect(await notice.locator('a').getAttribute('href')).toBe('/health.html');
    await page.click('#csv');
    expect(await page.locator('#error').textContent()).toMatch(/^no bar is on screen: pick /);
    await page.locator('#read dd').first().waitFor({ timeout: 30_000 });
    expect([await notice.isVisible(), await page.locator('#error').isVisible()]).toEqual([
      false,
      false,
    ]);
  });
}
