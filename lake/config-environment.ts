// Overrides from the environment: `CRYPTO_LAKE_` and the path of a key in capitals joined by `__`
// (`CRYPTO_LAKE_GCS__BUCKET_NAME`). Values are read as YAML; a list may also be separated by commas. `PORT`,
// by which Cloud Run and its kin say where to listen, is `web.port`, and wins over every other.

import { parseDocument } from 'yaml';
import { z } from 'zod';
import { findKeySchema, findNearestKey } from './config-key.ts';

const prefix = 'CRYPTO_LAKE_';

export type Tree = { [key: string]: unknown };
export type Environment = Readonly<Record<string, string | undefined>>;

export type Override = { variable: string; path: string[]; value: unknown };

/** The variable that sets the key at `path`. */
export function formatVariable(path: readonly string[]): string {
  return prefix + path.join('__').toUpperCase();
}

/** What the environment sets. Variables that name no key become problems. */
export function readOverrides(environment: Environment, problems: string[]): Override[] {
  const overrides: Override[] = [];
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(prefix) || text === undefined) continue;
    const path = variable.slice(prefix.length).toLowerCase().split('__');
    const schema = findKeySchema(path);
    if (schema !== undefined) {
      overrides.push({ variable, path, value: parseValue(text, schema) });
      continue;
    }
    const nearest = findNearestKey(path);
    const hint = nearest === undefined ? '' : `; did you mean ${formatVariable(nearest)}?`;
    problems.push(`${variable}: names no key of the configuration${hint}`);
  }
  const { PORT: port } = environment;
  if (port === undefined || port === '') return overrides;
  const path = ['web', 'port'];
  return [...overrides, { variable: 'PORT', path, value: parseValue(port, z.int()) }];
}

function parseValue(text: string, schema: z.ZodType): unknown {
  if (schema instanceof z.ZodString) return text;
  if (schema instanceof z.ZodArray && !text.trim().startsWith('[')) {
    return text.split(',').map((item) => item.trim());
  }
  const document = parseDocument(text);
  return document.errors.length > 0 ? text : document.toJS();
}

/** Lays overrides over `tree`, in place. What is no mapping but should be is left for the schema. */
export function applyOverrides(tree: Tree, overrides: readonly Override[]): void {
  for (const { path, value } of overrides) {
    let node: unknown = tree;
    for (const key of path.slice(0, -1)) {
      if (!isTree(node)) break;
      node[key] ??= {};
      node = node[key];
    }
    if (isTree(node)) node[path.at(-1)!] = value;
  }
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
