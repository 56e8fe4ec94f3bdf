// The files of the dashboard: four pages and what they load, from an explicit list, so that no path of a
// request ever reaches the disk. Read once at the start, kept in memory, and known again by their ETag.
// They hold no data of the lake, so anybody may have them.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import type { WebApp } from './app.ts';

/** By the path a page is asked for with. */
const pages = {
  '/': 'chart.html',
  '/health.html': 'health.html',
  '/sql.html': 'sql.html',
  '/login.html': 'login.html',
} as const;

/** Below `/assets/`. */
export const assetNames = [
  'bar-table.js',
  'bar-values.js',
  'bar-window.js',
  'bar.js',
  'base.css',
  'calendar.js',
  'chart-opening.js',
  'chart-page.js',
  'chart-panels.js',
  'chart-session.js',
  'chart-time.js',
  'chart-tools.css',
  'chart-view.js',
  'chart.css',
  'completion.js',
  'element.js',
  'format.js',
  'frame.js',
  'health-page.js',
  'health-panels.js',
  'health.css',
  'history-loader.js',
  'icon.svg',
  'live-feed.js',
  'live-state.js',
  'login-address.js',
  'login-page.js',
  'missing-trades.js',
  'parts.css',
  'preferences.js',
  'price-chart.js',
  'read-out.js',
  'request.js',
  'result-chart.js',
  'result-table.js',
  'retry.js',
  'slot-lines.js',
  'sql-examples.js',
  'sql-history.js',
  'sql-page.js',
  'sql.css',
  'stretch-bands.js',
  'stretches.js',
  'symbol-picker.js',
  'theme.js',
  'view-plan.js',
] as const;

const chartLibrary = 'lightweight-charts.js';
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

type Asset = { body: Buffer; type: string; etag: string };

export async function addAssetsRoute(app: WebApp): Promise<void> {
  const folder = join(import.meta.dirname, 'assets');
  for (const [url, name] of Object.entries(pages)) {
    const isLogin = url === '/login.html';
    addAsset(app, url, await readAsset(join(folder, name)), { isPage: true, isOpen: isLogin });
  }
  for (const name of assetNames) {
    addAsset(app, `/assets/${name}`, await readAsset(join(folder, name)), { isOpen: true });
  }
  addAsset(app, `/assets/${chartLibrary}`, await readAsset(findLibrary()), { isOpen: true });
}

/** The build that needs no other module. */
function findLibrary(): string {
  const { resolve } = createRequire(import.meta.url);
  const folder = dirname(resolve('lightweight-charts/package.json'));
  return join(folder, 'dist', 'lightweight-charts.standalone.production.mjs');
}

async function readAsset(path: string): Promise<Asset> {
  const body = await readFile(path);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const extension = extname(path).replace('.mjs', '.js');
  return { body, type: types[extension]!, etag };
}

/** A browser asks each time whether what it has still holds: an upgrade never mixes old files with new. */
function addAsset(
  app: WebApp,
  url: string,
  { body, type, etag }: Asset,
  access: { isPage?: boolean; isOpen: boolean },
): void {
  app.get(url, { config: { ...access, isStatic: true } }, async (request, reply) => {
    reply.headers({ etag, 'cache-control': 'no-cache' });
    const known = request.headers['if-none-match']?.split(/\s*,\s*/) ?? [];
    if (known.includes(etag)) return reply.code(304).send();
    return reply.type(type).send(body);
  });
}
