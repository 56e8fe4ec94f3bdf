// The files of the dashboard as a whole: each is served, what it loads is, and none can take text for HTML.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assetNames } from './assets-route.ts';

const folder = join(import.meta.dirname, 'assets');
const files = readdirSync(folder).filter((name) => name !== 'tsconfig.json');
const pages = files.filter((name) => name.endsWith('.html'));
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const served = [...assetNames.map((name) => `/assets/${name}`), '/assets/lightweight-charts.js'];

/** Modules a file imports, as paths of the server. */
function findModules(name: string): string[] {
  const found = read(name).matchAll(/from '([^']+)'/g);
  return [...found].map(([, path = '']) => path.replace('./', '/assets/'));
}

describe('the files of the dashboard', () => {
  it('are all served, and no other', () => {
    expect(files.filter((name) => !pages.includes(name)).sort()).toEqual([...assetNames].sort());
  });

  it('load what is served, and nothing else', () => {
    const loaded = [
      ...assetNames.filter((name) => name.endsWith('.js')).flatMap(findModules),
      ...pages.flatMap((name) =>
        [...read(name).matchAll(/(?:src|href)="(\/assets[^"]*)"/g)].map(([, path = '']) => path),
      ),
    ];
    expect(loaded.length).toBeGreaterThan(50);
    expect(loaded.filter((path) => !served.includes(path))).toEqual([]);
  });

  it('are fetched side by side: a page names every module the chart needs', () => {
    const needed = new Set<string>();
    const visit = (path: string) => {
      if (needed.has(path)) return;
      needed.add(path);
      if (path !== '/assets/lightweight-charts.js') findModules(path.slice(8)).forEach(visit);
    };
    visit('/assets/chart-page.js');
    const named = [...read('chart.html').matchAll(/(?:module"|modulepreload") [a-z]+="([^"]+)"/g)];
    expect(named.map(([, path]) => path).sort()).toEqual([...needed].sort());
  });

  it('never take text for HTML, and have no script or style inline', () => {
    const unsafe = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/;
    const wrong = files.filter((name) => unsafe.test(read(name)));
    const inline = /<script(?![^>]*src=)|<style|\sstyle="|\son[a-z]+="/;
    expect([wrong, pages.filter((name) => inline.test(read(name)))]).toEqual([[], []]);
  });
});
