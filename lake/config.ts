// From text and environment to a frozen, typed configuration. Every problem is found and reported at
// once: path first, the value got, where it came from, and for a misspelt key the nearest valid one.

import { parseDocument } from 'yaml';
import type { z } from 'zod';
import {
  applyOverrides,
  type Environment,
  isTree,
  type Override,
  readOverrides,
  type Tree,
} from './config-environment.ts';
import { findNearestKey } from './config-key.ts';
import { type Config, configSchema } from './config-schema.ts';
import { ConfigError, formatReason } from './errors.ts';
import { logLevels, parseLogLevel } from './log-line.ts';
import { redact } from './redact.ts';

export type { Config, ExchangeConfig } from './config-schema.ts';

/** Keys whose value is never shown. */
const secretKeys = ['alerting.webhook_url', 'web.token'];

/**
 * The configuration from the text of a `config.yml` (empty for defaults alone) and the environment,
 * which wins. Throws ConfigError with every problem found.
 */
export function parseConfig(yamlText: string, environment: Environment): Config {
  const problems = checkLogLevel(environment.LOG_LEVEL);
  const tree = parseTree(yamlText);
  const overrides = readOverrides(environment, problems);
  applyOverrides(tree, overrides);
  dropEmpty(tree);
  const result = configSchema.safeParse(tree);
  for (const issue of result.error?.issues ?? []) {
    problems.push(...formatIssue(issue, tree, overrides));
  }
  if (problems.length > 0 || !result.success) throw new ConfigError(problems);
  return deepFreeze(result.data);
}

function checkLogLevel(text: string | undefined): string[] {
  if (text === undefined || text === '' || parseLogLevel(text) !== undefined) return [];
  return [`LOG_LEVEL: must be one of ${logLevels.join(', ')}, got "${text}"`];
}

function parseTree(yamlText: string): Tree {
  const document = parseDocument(yamlText);
  if (document.errors.length > 0) {
    throw new ConfigError(document.errors.map((error) => `(syntax): ${firstLine(error.message)}`));
  }
  let value: unknown;
  try {
    value = document.toJS() ?? {};
    // A mapping that contains itself is valid YAML.
    JSON.stringify(value);
  } catch (thrown) {
    throw new ConfigError([`(syntax): ${formatReason(thrown)}`]);
  }
  if (!isTree(value)) throw new ConfigError(['(top level): must be a mapping of keys']);
  return value;
}

function firstLine(message: string): string {
  return message.split('\n')[0]!.replace(/:$/, '');
}

/** A key without a value has its default, as if it were commented out. */
function dropEmpty(tree: Tree): void {
  for (const [key, value] of Object.entries(tree)) {
    if (value === null) delete tree[key];
    else if (isTree(value)) dropEmpty(value);
  }
}

function formatIssue(
  issue: z.core.$ZodIssue,
  tree: Tree,
  overrides: readonly Override[],
): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => formatUnknownKey([...path, key]));
  }
  const name = path.join('.');
  const value = path.reduce<unknown>((node, key) => (node as Tree | undefined)?.[key], tree);
  const got = formatGot(name, JSON.stringify(value) ?? 'nothing');
  const source = overrides.findLast((override) => name.startsWith(override.path.join('.')));
  const from = source === undefined ? '' : ` from ${source.variable}`;
  return [`${name}: ${formatWanted(issue)}, got ${got}${from}`];
}

/** An address may hold a password, even one that is none for want of its first half, and a query a token. */
function formatGot(name: string, value: string): string {
  if (secretKeys.includes(name)) return '***';
  const isAddress = /(url|endpoint)$/.test(name);
  if (isAddress && value.includes('@')) return '***';
  return redact(isAddress ? value.replace(/\?.*/, '?***"') : value, []);
}

function formatUnknownKey(path: readonly string[]): string {
  const nearest = findNearestKey(path);
  const hint = nearest === undefined ? '' : `; did you mean "${nearest.join('.')}"?`;
  return `${path.join('.')}: no such key${hint}`;
}

function formatWanted(issue: z.core.$ZodIssue): string {
  return issue.message.replace(/^Invalid (input|option): /, '');
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) deepFreeze(child);
    Object.freeze(value);
  }
  return value;
}
