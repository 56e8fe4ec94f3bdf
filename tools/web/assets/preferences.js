// What a person chose, kept by the browser: theme, time zone and the like. A browser that keeps nothing
// (private windows) works all the same; the choice then lasts as long as the page.

/** @type {Map<string, string>} */
const unkept = new Map();

/** @param {string} name @returns {string | undefined} */
export function readPreference(name) {
  try {
    return localStorage.getItem(`lake.${name}`) ?? unkept.get(name);
  } catch {
    return unkept.get(name);
  }
}

/** `value` undefined forgets it. @param {string} name @param {string | undefined} value */
export function keepPreference(name, value) {
  if (value === undefined) unkept.delete(name);
  else unkept.set(name, value);
  try {
    if (value === undefined) localStorage.removeItem(`lake.${name}`);
    else localStorage.setItem(`lake.${name}`, value);
  } catch {
    // Full or forbidden: `unkept` has it.
  }
}

/** @typedef {'light' | 'dark'} Theme */
/** @typedef {'utc' | 'local'} Zone */

const darkSystem = matchMedia('(prefers-color-scheme: dark)');

/** The theme in force. @returns {Theme} */
export function currentTheme() {
  const { theme } = document.documentElement.dataset;
  if (theme === 'light' || theme === 'dark') return theme;
  return darkSystem.matches ? 'dark' : 'light';
}

/** What was chosen; undefined: the system decides. @returns {Theme | undefined} */
export function chosenTheme() {
  return document.documentElement.dataset.theme === undefined ? undefined : currentTheme();
}

export function switchTheme() {
  const theme = currentTheme() === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = theme;
  keepPreference('theme', theme);
  dispatchEvent(new Event('lake:theme'));
}

darkSystem.addEventListener('change', () => dispatchEvent(new Event('lake:theme')));

/** @returns {Zone} */
export function currentZone() {
  return document.documentElement.dataset.zone === 'local' ? 'local' : 'utc';
}

/** @param {Zone} zone */
export function setZone(zone) {
  document.documentElement.dataset.zone = zone;
  keepPreference('tz', zone);
  dispatchEvent(new Event('lake:zone'));
}

const givenZone = new URLSearchParams(location.search).get('tz') ?? readPreference('tz');
document.documentElement.dataset.zone = givenZone === 'local' ? 'local' : 'utc';
