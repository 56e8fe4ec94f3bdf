// Who may see what: everybody where no token is set, else who brings it as `Authorization: Bearer TOKEN`, or the
// cookie of a session that was opened with it. Both sides are hashed before they are compared, so that the time it
// takes tells nothing of the token. Without a token only this machine can connect; a page of another site, opened in
// a browser here, must not be able to read through a name of its own that leads here, so the name asked for has to
// be ours; and with or without one it must not make the browser ask for anything.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { fastifyCookie } from '@fastify/cookie';

/** `missing`: no token was brought; `foreign`: asked for under a name that is not this machine's. */
export type Verdict = 'granted' | 'missing' | 'wrong' | 'foreign';

export type Access = {
  judge(headers: IncomingHttpHeaders): Verdict;
  /** Whether `given` is the token. */
  isToken(given: string): boolean;
  isTokenNeeded: boolean;
};

export const sessionCookie = 'crypto_lake_session';

/**
 * `token` empty: none is needed. `ownHost` is the address that is listened on; `isSession` says whether the id of a
 * cookie is that of an open session.
 */
export function openAccess(
  token: string,
  ownHost: string,
  isSession: (id: string) => boolean = () => false,
): Access {
  const wanted = digest(token);
  const isToken = (given: string) => timingSafeEqual(digest(given), wanted);
  if (token === '') {
    const judge = ({ host = '' }: IncomingHttpHeaders) =>
      isOwnName(host, ownHost) ? 'granted' : 'foreign';
    return { judge, isToken: () => false, isTokenNeeded: false };
  }
  return {
    isToken,
    isTokenNeeded: true,
    judge({ authorization, cookie }) {
      if (authorization !== undefined) {
        const [, given = ''] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
        return isToken(given) ? 'granted' : 'wrong';
      }
      const session = findSessionId(cookie);
      return session !== undefined && isSession(session) ? 'granted' : 'missing';
    },
  };
}

export function findSessionId(cookie: string | undefined): string | undefined {
  return cookie === undefined ? undefined : fastifyCookie.parse(cookie)[sessionCookie];
}

/**
 * Whether a page of another site has the browser ask. Following a link from there to a page of ours is no harm, all
 * else is refused. Programs that are no browsers send none of these headers.
 */
export function isCrossSite(method: string, headers: IncomingHttpHeaders): boolean {
  const { origin, host, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = headers;
  if (site === 'same-origin' || site === 'none') return false;
  if (site !== undefined) return !(mode === 'navigate' && method === 'GET');
  return origin !== undefined && URL.parse(origin)?.host !== host;
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
