// Errors as Google Cloud Storage words them.

import { answer, type Exchange } from './exchange.ts';

const reasons: Record<number, string> = {
  400: 'invalid',
  401: 'authError',
  403: 'forbidden',
  404: 'notFound',
  412: 'conditionNotMet',
  429: 'rateLimitExceeded',
  500: 'backendError',
  503: 'backendError',
};

export function refuseGcs(exchange: Exchange, status: number, code?: string): void {
  const reason = code ?? reasons[status] ?? 'failed';
  const message = `Refused ${exchange.operation.name} of ${exchange.operation.key}`;
  const body = {
    error: { code: status, message, errors: [{ message, domain: 'global', reason }] },
  };
  answer(
    exchange,
    status,
    { 'Content-Type': 'application/json; charset=UTF-8' },
    JSON.stringify(body),
  );
}
