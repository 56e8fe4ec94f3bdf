// The address of the login page, and where it leads back to: only ever to a page of ours. The query is carried in
// one of its own; the fragment, which is never sent, in the fragment. Holds no effects.

const pages = ['/', '/health.html', '/sql.html'];

/** @param {{ pathname: string, search: string, hash: string }} from */
export function formatLoginPath({ pathname, search, hash }) {
  return `/login.html?${new URLSearchParams({ next: pathname + search })}${hash}`;
}

/**
 * What was asked for before the login; the chart where that is none of our pages.
 * @param {{ origin: string, search: string, hash: string }} at the login page
 */
export function findNextPath({ origin, search, hash }) {
  const wanted = URL.parse(new URLSearchParams(search).get('next') ?? '/', origin);
  const isOurs = wanted?.origin === origin && pages.includes(wanted.pathname);
  return isOurs ? `${wanted.pathname}${wanted.search}${hash}` : '/';
}
