// `POST /login` {token}: a session for a browser, as a cookie that scripts can't read and other sites can't send.
// `POST /logout` ends it. Guessing is slowed down far below what the other requests may do.

import { fastifyCookie } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { findSessionId, sessionCookie } from './access.ts';
import { paths } from './answers.ts';
import type { WebApp, WebContext } from './app.ts';
import { RateLimit } from './rate-limit.ts';
import { Refusal } from './refusal.ts';

const maxBodyBytes = 1024;
/** Of one address. */
const loginLimits = { burst: 5, perSecond: 0.2, maxAddresses: 10_000 };
export const loginBody = z.strictObject({ token: z.string() });

export function addLoginRoutes(app: WebApp, context: WebContext): void {
  const { access, sessions, clock } = context;
  const rateLimit = new RateLimit(loginLimits);
  const options = { bodyLimit: maxBodyBytes, config: { isOpen: true } } as const;

  app.post(paths.login, options, async (request, reply) => {
    if (!access.isTokenNeeded) throw new Refusal(400, 'bad request: this lake needs no token');
    const waitMs = rateLimit.take(request.ip, clock.monotonicMs());
    if (waitMs > 0) throw new Refusal(429, 'too many attempts', Math.ceil(waitMs / 1000));
    const body = loginBody.safeParse(request.body);
    if (!body.success) throw new Refusal(400, 'bad request: send {"token": "..."}');
    if (!access.isToken(body.data.token)) throw new Refusal(401, 'unauthorized: wrong token');
    return answer(request, reply, sessions.open(clock.monotonicMs()));
  });

  app.post(paths.logout, options, async (request, reply) => {
    const id = findSessionId(request.headers.cookie);
    if (id !== undefined) sessions.close(id);
    return answer(request, reply, undefined);
  });
}

/** `id` undefined: the browser is to forget the one it has. */
function answer(request: FastifyRequest, reply: FastifyReply, id: string | undefined) {
  const isSecure = request.headers['x-forwarded-proto'] === 'https';
  const cookie = fastifyCookie.serialize(sessionCookie, id ?? '', {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    ...(isSecure && { secure: true }),
    ...(id === undefined && { maxAge: 0 }),
  });
  return reply.code(204).header('set-cookie', cookie).send();
}
