// Takes the pictures of the documentation from a lake that runs, such as the demo's, and writes them to docs/:
//   npm run demo
//   node tests/browser/screenshots.ts http://127.0.0.1:PORT [TIME]
// Where a time is given, such as one of a gap, the charts are of what was around it.

import { join } from 'node:path';
import { openBrowser, openPage } from './browser.ts';

const [url, time] = process.argv.slice(2);
if (url === undefined) throw new TypeError('give the address of a lake that runs');
const docs = join(import.meta.dirname, '..', '..', 'docs');
const viewport = { width: 1440, height: 860 };
const sql = `SELECT window_start, symbol, 10000 * spread_mean / close AS spread_bp
FROM bars_live
WHERE window_start > now() - INTERVAL 5 MINUTE
ORDER BY window_start, symbol`;

const browser = await openBrowser();
try {
  await take('chart', `/?interval=1s${around(85)}`, 'dark');
  await take('chart-light', `/?interval=1m${around(4000)}`, 'light');
  await take('health', '/health.html', 'dark');
  await take('sql', `/sql.html#sql=${encodeURIComponent(sql)}`, 'dark');
} finally {
  await browser.close();
}

function around(seconds: number): string {
  if (time === undefined) return '';
  const at = (offset: number) => new Date(Date.parse(time) + offset * 1000).toISOString();
  return `&from=${at(-seconds)}&to=${at(seconds)}`;
}

async function take(name: string, path: string, colorScheme: 'dark' | 'light'): Promise<void> {
  const page = await openPage(browser, { viewport, colorScheme });
  await page.goto(`${url}${path}`);
  if (name === 'sql') {
    await page.click('#run');
    await page.locator('#csv:enabled').waitFor({ timeout: 120_000 });
    await page.click('#as-chart');
    await page.locator('#result-chart canvas').first().waitFor();
  } else if (name === 'health') {
    await page.locator('#calendar td').first().waitFor({ timeout: 120_000 });
  } else {
    await page.locator('#live[data-state="good"]').waitFor({ timeout: 120_000 });
    await page.locator('#now .bid').waitFor({ timeout: 120_000 });
    await page.mouse.move(688, 300);
    if (time !== undefined && name === 'chart')
      await page.locator('#tip:not([hidden])').waitFor({ timeout: 120_000 });
  }
  await page.screenshot({ path: join(docs, `${name}.png`) });
  await page.context().close();
}
