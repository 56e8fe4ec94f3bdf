// Where who has no session is sent from a page: to the login page, which is told the page and its view, so that it
// leads back. Only what a page knows is carried, nothing else of what was sent. Holds no effects.

import type { FastifyRequest } from 'fastify';
import { paths } from './answers.ts';

/** What the URL of a chart may hold. */
const carried = ['symbol', 'exchange', 'interval', 'from', 'to', 'bars', 'tz', 'theme'];

/** A relative address: the browser keeps the fragment, which it never sends. */
export function formatLoginLocation({
  url,
  routeOptions,
}: Pick<FastifyRequest, 'url' | 'routeOptions'>): string {
  const given = new URLSearchParams(url.split('?').slice(1).join('?'));
  const query = new URLSearchParams([...given].filter(([name]) => carried.includes(name)));
  const next = `${routeOptions.url}${query.size > 0 ? `?${query}` : ''}`;
  return next === '/' ? paths.loginPage : `${paths.loginPage}?${new URLSearchParams({ next })}`;
}
