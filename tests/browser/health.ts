// What is claimed of the health page.

import { beforeAll, expect, it } from 'vitest';
import { fullInputs } from '../metric-inputs.ts';
import { findOverflow, type OpenPage } from './browser.ts';
import { type Dashboard, expectNoBarrier, patience, phone } from './dashboard.ts';
import type { DashboardLake } from './dashboard-lake.ts';

export function claimHealth(dashboard: Dashboard): void {
  let lake: DashboardLake;
  let page: OpenPage;
  beforeAll(() => {
    lake = dashboard.lake;
  });

  async function open(): Promise<void> {
    page = await dashboard.open('/health.html');
  }
  const textOf = (selector: string) => page.locator(selector).textContent();

  it('says what is wrong and what to do, as text, and looks again by itself', async () => {
    const what = `<script>alert("1")</script> & 'x'`;
    const [first] = fullInputs.heartbeat!.problems;
    await lake.writeHeartbeat({ problems: [{ ...first, what, action: 'do <b>this</b>' }] });
    await open();
    await expect.poll(() => textOf('#problems'), patience).toContain(what);
    expect(await textOf('#problems')).toContain('What to do: do <b>this</b>');
    expect(await page.locator('#problems script, #problems b').count()).toBe(0);
    expect(await textOf('#where')).toMatch(/ · \/.*dashboard-.* · version \d/);
    await lake.writeHeartbeat({ status: 'healthy', problems: [] });
    await expect.poll(() => textOf('#problems'), patience).toBe('None.');
  }, 90_000);

  it('shows each day of each symbol, and leads from a gap to the chart of it', async () => {
    await lake.writeHeartbeat({});
    await open();
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
    await expectNoBarrier(page);
    await page.setViewportSize(phone.viewport);
    expect(await findOverflow(page)).toBeLessThanOrEqual(0);
    await page.locator('#gaps tr', { hasText: '60 s' }).locator('a').first().click();
    await page.locator('#read dd').first().waitFor({ timeout: 30_000 });
    await page.keyboard.press('b');
    await expect.poll(() => textOf('#table'), patience).toContain('Gap: nothing observed for 60 s');
  }, 90_000);

  it('looks again when told to, in the time zone and theme one chose, and leads elsewhere', async () => {
    await lake.writeHeartbeat({ problems: [] });
    await open();
    await expect.poll(() => textOf('#problems'), patience).toBe('None.');
    await lake.writeHeartbeat({});
    const asked = page.waitForRequest('**/api/health');
    await page.keyboard.press('r');
    await asked;
    await expect.poll(() => textOf('#problems'), patience).toContain('What to do:');
    expect(await textOf('#verdict')).toMatch(/\d UTC$/);
    await page.click('#zone');
    expect(await textOf('#verdict')).toMatch(/\d UTC−[45]$/);
    await page.click('#theme');
    expect(await page.locator('html').getAttribute('data-theme')).toBe('light');
    await page.click('#help-button');
    expect(await page.locator('#help').isVisible()).toBe(true);
    await page.click('#help-close');
    expect(await page.locator('#help').isVisible()).toBe(false);
    await page.locator('.skip').focus();
    await page.keyboard.press('Enter');
    expect(new URL(page.url()).hash).toBe('#verdict');
    await page.click('text=health as JSON');
    expect(await textOf('body')).toMatch(/"status"/);
    await page.goBack();
    await page.click('text=metrics for Prometheus');
    expect(await textOf('body')).toMatch(/^# HELP /m);
    await page.goBack();
    page.complaints.splice(0); // Where no icon is named, the browser asks for one.
    await page.locator('#symbols a', { hasText: 'binance/BTCUSDT' }).click();
    await expect.poll(() => page.title(), patience).toMatch(/^[\d,.]+ BTCUSDT 1m/);
    for (const [name, path] of [
      ['Chart', '/'],
      ['Health', '/health.html'],
      ['Health', '/health.html'],
      ['SQL', '/sql.html'],
      ['SQL', '/sql.html'],
      ['Health', '/health.html'],
      ['Chart', '/'],
      ['SQL', '/sql.html'],
      ['Chart', '/'],
    ] as const) {
      await page.locator('nav a', { hasText: name }).click();
      await page.waitForURL((url) => url.pathname === path);
    }
    await page.locator('#read dd').first().waitFor(patience);
  }, 90_000);
}
