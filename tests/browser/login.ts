// What is claimed of the login page.

import { beforeAll, expect, it } from 'vitest';
import { findBarriers, type OpenPage } from './browser.ts';
import { type Dashboard, patience } from './dashboard.ts';
import type { DashboardLake } from './dashboard-lake.ts';

const token = 'a-token-for-the-browser';

export function claimLogin(dashboard: Dashboard): void {
  let lake: DashboardLake;
  let page: OpenPage;
  beforeAll(() => {
    lake = dashboard.lake;
  });

  async function open(path: string): Promise<void> {
    page = await dashboard.open(path);
  }
  const textOf = (selector: string) => page.locator(selector).textContent();

  it('with a token is needed once, shows everything, and ends on every page where one logs out', async () => {
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
    await page.fill('#token', token);
    await page.click('button');
    await page.locator('#read dd').first().waitFor({ timeout: 30_000 });
    await page.click('#logout');
    await page.waitForURL('**/login.html');
    await page.goto(`${lake.url}/`);
    expect(new URL(page.url()).pathname).toBe('/login.html');
  }, 90_000);
}
