// One lake and one browser for all claims about the dashboard, and one page at a time: whatever it complains of fails
// the claim during which it did.

import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { findBarriers, type OpenPage, openBrowser, openPage } from './browser.ts';
import { type Controls, listControls, watchControls } from './controls.ts';
import { type DashboardLake, openDashboardLake } from './dashboard-lake.ts';

export const patience = { timeout: 40_000, interval: 100 };
export const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

export type Dashboard = {
  lake: DashboardLake;
  controls: Controls;
  /** A page of a context of its own, at no address yet; the one before is closed. */
  newPage(options?: BrowserContextOptions): Promise<OpenPage>;
  /** The same at a path of the lake's server. */
  open(path: string, options?: BrowserContextOptions): Promise<OpenPage>;
};

/** Opened before, closed after all that follows. */
export function useDashboard(): Dashboard {
  let browser: Browser;
  let page: OpenPage | undefined;

  async function close(): Promise<void> {
    if (page === undefined) return;
    const closed = page;
    page = undefined;
    await listControls(closed, dashboard.controls);
    await closed.context().close();
    expect(closed.complaints).toEqual([]);
  }
  const dashboard: Dashboard = {
    lake: undefined as unknown as DashboardLake,
    controls: { there: new Set(), used: new Set() },
    async newPage(options) {
      await close();
      page = await openPage(browser, options);
      await watchControls(page.context(), dashboard.controls);
      return page;
    },
    async open(path, options) {
      const opened = await dashboard.newPage(options);
      await opened.goto(`${dashboard.lake.url}${path}`);
      return opened;
    },
  };
  beforeAll(async () => {
    [dashboard.lake, browser] = await Promise.all([openDashboardLake(), openBrowser()]);
  }, 120_000);
  afterEach(close);
  afterAll(async () => {
    await browser?.close();
    await dashboard.lake?.close();
  }, 60_000);
  return dashboard;
}

/** In the theme the page has, and in the light one. */
export async function expectNoBarrier(page: OpenPage): Promise<void> {
  expect(await findBarriers(page)).toEqual([]);
  await page.evaluate(`document.documentElement.dataset.theme = 'light'`);
  expect(await findBarriers(page)).toEqual([]);
}
