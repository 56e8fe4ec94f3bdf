// XML as S3 writes it: errors, and the elements of its other answers.

import { answer, type Exchange } from './exchange.ts';

const codes: Record<number, string> = {
  400: 'InvalidRequest',
  401: 'Unauthorized',
  403: 'AccessDenied',
  404: 'NoSuchKey',
  409: 'ConditionalRequestConflict',
  412: 'PreconditionFailed',
  429: 'TooManyRequests',
  500: 'InternalError',
  501: 'NotImplemented',
  503: 'SlowDown',
};

export function refuseS3(
  exchange: Exchange,
  status: number,
  code = codes[status] ?? 'Failed',
): void {
  const { operation } = exchange;
  const message = `Refused ${operation.name} of ${operation.key}`;
  const body = formatXml('Error', { Code: code, Message: message });
  // An answer to HEAD has no body, so no code either.
  const text = operation.name === 'head' ? '' : body;
  answer(exchange, status, { 'Content-Type': 'application/xml' }, text);
}

type XmlFields = { [name: string]: string | number | boolean | XmlFields[] };

/** `<Root><Name>value</Name>…</Root>`; a list is its element as often as it has items. */
export function formatXml(root: string, fields: XmlFields): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${formatElement(root, fields)}`;
}

function formatElement(name: string, fields: XmlFields): string {
  const inner = Object.entries(fields).map(([field, value]) =>
    Array.isArray(value)
      ? value.map((item) => formatElement(field, item)).join('')
      : `<${field}>${escapeXml(String(value))}</${field}>`,
  );
  return `<${name}>${inner.join('')}</${name}>`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
