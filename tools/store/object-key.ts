// Keys of objects, as every kind of store takes them: relative, no empty step and none upwards. What a
// store's prefix is put before and taken off here. Holds no effects.

import { StoreError } from './store.ts';

/** What S3 and Google allow. */
const maxKeyBytes = 1024;

/** The object's name in its bucket. Throws StoreError where a key is none. */
export function formatObjectName(prefix: string, key: string): string {
  const name = prefix === '' ? key : `${prefix}/${key}`;
  const steps = key.split('/');
  const isWrong = steps.some((step) => ['', '.', '..'].includes(step)) || /[\p{Cc}\\]/u.test(key);
  if (isWrong || Buffer.byteLength(name) > maxKeyBytes) {
    throw new StoreError('refused', `name object ${JSON.stringify(name)}: not a key of the lake`);
  }
  return name;
}

/** The name that objects whose key begins with `keyPrefix` begin with. */
export function formatNamePrefix(prefix: string, keyPrefix: string): string {
  return prefix === '' ? keyPrefix : `${prefix}/${keyPrefix}`;
}

/** The key of an object that was listed below the prefix. */
export function parseObjectName(prefix: string, name: string): string {
  return prefix === '' ? name : name.slice(prefix.length + 1);
}
