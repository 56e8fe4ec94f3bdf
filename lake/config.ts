// From text and environment to a frozen, typed configuration. Every problem is found and reported at
// once: path first, the value got, and for a misspelt key the nearest valid one.

import { parseDocument } from 'yaml';
import { z } from 'zod';
import { type Config, configSchema } from './config-schema.ts';
import { ConfigError } from './errors.ts';

export type { Config, ExchangeConfig } from './config-schema.ts';

const environmentPrefix = 'CRYPTO_LAKE_';
type Tree = { [key: string]: unknown };
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The configuration from the text of a `config.yml` (empty for defaults alone) and the environment,
 * which wins. Throws ConfigError with every problem found.
 */
export function parseConfig(yamlText: string, environment: Environment): Config {
  const document = parseDocument(yamlText, { prettyErrors: true });
  if (document.errors.length > 0) {
    throw new ConfigError(document.errors.map((error) => error.message.split('\n')[0] ?? ''));
  }
  const fromFile: unknown = document.toJS() ?? {};
  if (!isTree(fromFile)) throw new ConfigError(['(top level): must be a mapping of keys']);
  const problems: string[] = [];
  const tree = overrideFromEnvironment(fromFile, environment, problems);
  const result = configSchema.safeParse(tree, { reportInput: true });
  for (const issue of result.error?.issues ?? []) problems.push(...formatIssue(issue, tree));
  if (problems.length > 0 || !result.success) throw new ConfigError(problems);
  return deepFreeze(result.data);
}

/** Lays `CRYPTO_LAKE_A__B=value` over `a.b`. Lists are YAML (`[A, B]`) or comma-separated. */
function overrideFromEnvironment(
  fromFile: Tree,
  environment: Environment,
  problems: string[],
): Tree {
  const tree = structuredClone(fromFile);
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(environmentPrefix) || text === undefined) continue;
    const path = name.slice(environmentPrefix.length).toLowerCase().split('__');
    const schema = findSchema(path);
    if (schema === undefined) {
      problems.push(`${name}: names no key of the configuration${suggest(path)}`);
      continue;
    }
    setPath(tree, path, parseEnvironmentValue(text, schema));
  }
  return tree;
}

function setPath(tree: Tree, path: readonly string[], value: unknown): void {
  let node = tree;
  for (const key of path.slice(0, -1)) {
    if (!isTree(node[key])) node[key] = {};
    node = node[key] as Tree;
  }
  node[path.at(-1)!] = value;
}

function parseEnvironmentValue(text: string, schema: z.ZodType): unknown {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodString) return text;
  if (inner instanceof z.ZodArray && !text.trim().startsWith('[')) {
    return text.split(',').map((item) => item.trim());
  }
  return parseDocument(text).toJS();
}

/** The schema at a path of keys, or undefined where there is none. */
function findSchema(path: readonly string[]): z.ZodType | undefined {
  let schema: z.ZodType = configSchema;
  for (const key of path) {
    const inner = unwrap(schema);
    let next: unknown;
    if (inner instanceof z.ZodObject) next = inner.shape[key];
    else if (inner instanceof z.ZodRecord) next = inner.valueType;
    if (!(next instanceof z.ZodType)) return undefined;
    schema = next;
  }
  return schema;
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

function formatIssue(issue: z.core.$ZodIssue, tree: Tree): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const full = [...path, key];
      return `${full.join('.')}: no such key${suggest(full)}`;
    });
  }
  const value = path.reduce<unknown>((node, key) => (node as Tree | undefined)?.[key], tree);
  const wanted = issue.message.replace(/^Invalid input: /, '');
  return [`${path.join('.')}: ${wanted}, got ${JSON.stringify(value)}`];
}

/** `; did you mean "a.b"?` for the valid key nearest to the last of `path`. */
function suggest(path: readonly string[]): string {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = path.slice(0, depth - 1);
    const schema = findSchema(parent);
    const inner = schema === undefined ? undefined : unwrap(schema);
    if (!(inner instanceof z.ZodObject)) continue;
    const wrong = path[depth - 1]!;
    const nearest = Object.keys(inner.shape)
      .map((key) => ({ key, distance: editDistance(wrong, key) }))
      .sort((a, b) => a.distance - b.distance)[0];
    if (nearest === undefined || nearest.distance > Math.max(2, wrong.length / 2)) return '';
    return `; did you mean "${[...parent, nearest.key].join('.')}"?`;
  }
  return '';
}

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

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) deepFreeze(child);
    Object.freeze(value);
  }
  return value;
}
