// What every page has around its content: theme and time zone switches, help, log out, a line for errors
// and a live region for what is only said. Keys are taken where no field has the focus.

import { byId } from './element.js';
import { formatZone } from './format.js';
import {
  currentTheme,
  currentZone,
  keepPreference,
  readPreference,
  setZone,
  switchTheme,
} from './preferences.js';
import { request } from './request.js';

/**
 * @param {Record<string, (event: KeyboardEvent) => void>} [keys] by `event.key`; t, u and ? are taken
 */
export function openFrame(keys = {}) {
  const themeButton = byId('theme');
  const zoneButton = byId('zone');
  const show = () => {
    const dark = currentTheme() === 'dark';
    themeButton.setAttribute('aria-label', dark ? 'Light theme' : 'Dark theme');
    themeButton.title = `${dark ? 'Light' : 'Dark'} theme (t)`;
    zoneButton.textContent = formatZone(Date.now(), currentZone());
    zoneButton.setAttribute('aria-pressed', String(currentZone() === 'local'));
  };
  const switchZone = () => setZone(currentZone() === 'utc' ? 'local' : 'utc');
  themeButton.addEventListener('click', switchTheme);
  zoneButton.addEventListener('click', switchZone);
  addEventListener('lake:theme', show);
  addEventListener('lake:zone', show);
  show();
  openHelp();
  openLogout();
  const all = { t: switchTheme, u: switchZone, '?': toggleHelp, ...keys };
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const act = Object.hasOwn(all, event.key) ? all[/** @type {'t'} */ (event.key)] : undefined;
    if (act === undefined) return;
    event.preventDefault();
    /** @type {(event: KeyboardEvent) => void} */ (act)(event);
  });
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  return target.matches('input, textarea, select') || target.closest('dialog[open]') !== null;
}

function toggleHelp() {
  const dialog = /** @type {HTMLDialogElement} */ (byId('help'));
  if (dialog.open) dialog.close();
  else dialog.showModal();
}

function openHelp() {
  byId('help-button').addEventListener('click', toggleHelp);
  const dialog = /** @type {HTMLDialogElement} */ (byId('help'));
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  byId('help-close').addEventListener('click', () => dialog.close());
}

/** The button is there for those who logged in. */
function openLogout() {
  const button = byId('logout');
  button.hidden = readPreference('login') === undefined;
  button.addEventListener('click', async () => {
    try {
      await request('/logout', { method: 'POST' });
    } catch (thrown) {
      showError(thrown);
      return;
    }
    keepPreference('login', undefined);
    location.assign('/login.html');
  });
}

/** Shows what went wrong until the next thing goes well. @param {unknown} thrown undefined: nothing */
export function showError(thrown) {
  const line = byId('error');
  line.hidden = thrown === undefined;
  line.textContent =
    thrown instanceof Error ? thrown.message : thrown === undefined ? '' : `${thrown}`;
}

/** Has a screen reader say it. @param {string} text */
export function announce(text) {
  byId('announcement').textContent = text;
}
