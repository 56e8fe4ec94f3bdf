// Which controls the pages have, and which of them were used: by a click, by a key that clicks, or by typing. A control
// is known by its page and its id; one of a list by the list. Of what only scrolls there is nothing to use.

import type { BrowserContext, Page } from 'playwright-core';

export type Controls = { there: Set<string>; used: Set<string> };

/** Runs in the page, past its policy. The names of intervals are few, and each is a control of its own. */
const script = `
  window.nameControl = (one) => {
    const isOwn = one.id !== '' && !/-\\d+$/.test(one.id);
    const list = isOwn ? null : one.parentElement.closest('ul[id], div[id], dl[id], p[id]');
    const isEach = list?.id === 'intervals';
    const own = isOwn ? '#' + one.id : list === null || isEach ? one.textContent : '#' + list.id + ' ' + one.localName;
    return location.pathname + ' ' + own;
  };
  window.controls = 'a, button, input, textarea, summary, [role="option"]:not([aria-disabled]), #chart';
  for (const kind of ['click', 'input']) {
    addEventListener(kind, ({ target }) => {
      const control = target.closest?.(controls);
      if (control) void useControl(nameControl(control));
    }, true);
  }`;

export async function watchControls(context: BrowserContext, { used }: Controls): Promise<void> {
  await context.exposeBinding('useControl', (_, name: string) => used.add(name));
  await context.addInitScript({ content: script });
}

/** Adds what the page has now, in sight or not. */
export async function listControls(page: Page, { there }: Controls): Promise<void> {
  const names: string[] = await page.evaluate(
    `typeof controls === 'undefined' ? [] : [...document.querySelectorAll(controls)].map(nameControl)`,
  );
  for (const name of names) there.add(name);
}
