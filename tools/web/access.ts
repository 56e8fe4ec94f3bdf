// Who may see what: everybody where no token is set, else who brings it as `Authorization: Bearer TOKEN`.
// Both sides are hashed before they are compared, so that the time it takes tells nothing of the token.
// Without a token only this machine can connect; a page of another site, opened in a browser here, must
// not be able to read through a name of its own that leads here, so the name asked for has to be ours.

import { createHash, timingSafeEqual } from 'node:crypto';

/** `missing`: no token was brought; `foreign`: asked for under a name that is not this machine's. */
export type Verdict = 'granted' | 'missing' | 'wrong' | 'foreign';

export type Access = (headers: {
  authorization?: string | undefined;
  host?: string | undefined;
}) => Verdict;

/** `token` empty: none is needed. `ownHost` is the address that is listened on. */
export function openAccess(token: string, ownHost: string): Access {
  if (token === '') {
    return ({ host = '' }) => (isOwnName(host, ownHost) ? 'granted' : 'foreign');
  }
  const wanted = digest(token);
  return ({ authorization }) => {
    if (authorization === undefined) return 'missing';
    const [, given = ''] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
    return timingSafeEqual(digest(given), wanted) ? 'granted' : 'wrong';
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Whether the header `Host` names the loopback interface, or the address that is listened on. */
function isOwnName(header: string, ownHost: string): boolean {
  const name = header
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  return ['localhost', '::1', ownHost].includes(name) || /^127(\.\d{1,3}){3}$/.test(name);
}
