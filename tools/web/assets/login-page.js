// Takes the token once, for a session cookie that scripts can't read. The token is kept nowhere. Afterwards the
// page that was asked for comes up.

import { byId } from './element.js';
import { findNextPath } from './login-address.js';
import { keepPreference } from './preferences.js';

const form = /** @type {HTMLFormElement} */ (byId('form'));
const token = /** @type {HTMLInputElement} */ (byId('token'));

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const said = await logIn(token.value.trim());
  token.value = '';
  if (said === undefined) {
    keepPreference('login', 'yes');
    location.replace(findNextPath(location));
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
