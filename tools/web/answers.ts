// What every answer has: the headers that keep a browser from doing more than showing it, and, where
// something is wrong, JSON that says what in plain words. Never repeats what was sent. Holds no effects.

/** Nothing is loaded from anywhere else, and nothing inline is run or applied. */
export const securityHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;

export const paths = {
  loginPage: '/login.html',
  login: '/login',
  logout: '/logout',
  health: '/health',
  metrics: '/metrics',
} as const;

const reasons = {
  400: 'bad request: it is not HTTP as this server understands it',
  401: 'unauthorized: send the header "Authorization: Bearer TOKEN" with the token of web.token',
  403: 'forbidden: not asked from this server itself, or under a name that is not its own; with web.token it has any name',
  404: 'not found: /openapi.json says what there is',
  405: 'method not allowed: the header Allow says which are',
  408: 'request timeout: the request took too long',
  413: 'content too large: SQL may have 64 KB, other requests less',
  414: 'URI too long',
  415: 'unsupported media type: send Content-Type: application/json',
  429: 'too many requests of this address',
  431: 'request header fields too large',
  500: 'internal error: see logs/qa/crypto-lake.log of the lake',
} as const;

export type ErrorStatus = keyof typeof reasons;

/** A status there is a text for; any other of the 400s is a bad request, the rest our own error. */
export function toErrorStatus(status: number | undefined): ErrorStatus {
  if (status !== undefined && Object.hasOwn(reasons, status)) return status as ErrorStatus;
  return status !== undefined && status >= 400 && status < 500 ? 400 : 500;
}

export function formatError(status: ErrorStatus): { status: number; error: string } {
  return { status, error: reasons[status] };
}
