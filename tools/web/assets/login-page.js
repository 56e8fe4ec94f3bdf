// Takes the token once, for a session cookie that scripts can't read. The token is kept nowhere. Afterwards the
// page that was asked for comes up: the one in the fragment, if it is one of ours.

import { byId } from './element.js';
import { keepPreference } from './preferences.js';

const pages = ['/', '/health.html', '/sql.html'];

const form = /** @type {HTMLFormElement} */ (byId('form'));
const token = /** @type {HTMLInputElement} */ (byId('token'));

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const said = await logIn(token.value.trim());
  token.value = '';
  if (said === undefined) {
    keepPreference('login', 'yes');
    location.replace(findNext());
    return;
  }
  byId('error').hidden = false;
  byId('error').textContent = said;
  token.focus();
});

/** What went wrong; undefined: nothing. @param {string} given */
async function logIn(given) {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ token: given });
  try {
    const answer = await fetch('/login', { method: 'POST', headers, body });
    if (answer.ok) return undefined;
    if (answer.status === 401)
      return 'This is not the token. It stands in web.token of the configuration.';
    const { error } = await answer.json();
    return `${error}`;
  } catch {
    return 'The lake does not answer: is it running, is the network there?';
  }
}

function findNext() {
  const wanted = new URL(location.hash.slice(1) || '/', location.origin);
  const isOurs = wanted.origin === location.origin && pages.includes(wanted.pathname);
  return isOurs ? `${wanted.pathname}${wanted.search}${wanted.hash}` : '/';
}
