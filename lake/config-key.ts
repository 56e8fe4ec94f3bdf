// Keys of the configuration: which there are, and which one a misspelt one was meant to be.

import { z } from 'zod';
import { configSchema } from './config-schema.ts';

/** The schema at a path of keys, without its default; undefined where there is no such key. */
export function findKeySchema(path: readonly string[]): z.ZodType | undefined {
  let schema: z.ZodType = configSchema;
  for (const key of path) {
    let next: unknown;
    if (schema instanceof z.ZodObject) next = schema.shape[key];
    else if (schema instanceof z.ZodRecord) next = schema.valueType;
    if (!(next instanceof z.ZodType)) return undefined;
    schema = unwrap(next);
  }
  return schema;
}

/** Every key that holds a value, as paths; `*` stands for the name of an exchange. */
export function listKeys(path: readonly string[] = []): string[][] {
  const schema = findKeySchema(path);
  if (schema instanceof z.ZodRecord) return listKeys([...path, '*']);
  if (!(schema instanceof z.ZodObject)) return [[...path]];
  return Object.keys(schema.shape).flatMap((key) => listKeys([...path, key]));
}

function unwrap(schema: z.ZodType): z.ZodType {
  let inner = schema;
  while (
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodPrefault ||
    inner instanceof z.ZodOptional
  ) {
    inner = inner.unwrap() as z.ZodType;
  }
  return inner;
}

/** The valid key nearest to the first wrong one of `path`, or undefined where none is near. */
export function findNearestKey(path: readonly string[]): string[] | undefined {
  const depth = path.findIndex((_, index) => findKeySchema(path.slice(0, index + 1)) === undefined);
  const wrong = path[depth];
  const parent = path.slice(0, depth);
  const schema = findKeySchema(parent);
  if (wrong === undefined || !(schema instanceof z.ZodObject)) return undefined;
  const nearest = findNearest(wrong, Object.keys(schema.shape));
  return nearest === undefined ? undefined : [...parent, nearest];
}

/** The name of `known` that `wrong` was most likely meant to be; undefined where none is near. */
export function findNearest(wrong: string, known: readonly string[]): string | undefined {
  const nearest = known
    .map((name) => ({ name, distance: editDistance(wrong, name) }))
    .sort((a, b) => a.distance - b.distance)[0];
  if (nearest === undefined || nearest.distance > Math.max(2, wrong.length / 2)) return undefined;
  return nearest.name;
}

/** Levenshtein. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
