// What can follow at the cursor of a prompt: views and macros where a table is named, else columns of the views that
// the query names, keywords and macros. Holds no effects.

import type { Row } from '../../lake/duckdb.ts';

export type CatalogNames = {
  /** Views and macros that stand for tables. */
  tables: readonly string[];
  macros: readonly string[];
  keywords: readonly string[];
  columns: ReadonlyMap<string, readonly string[]>;
};

/** From the rows of `catalog-names.sql`. */
export function readCatalogNames(rows: readonly Row[]): CatalogNames {
  const listOf = (...kinds: string[]) =>
    rows.filter(({ kind }) => kinds.includes(String(kind))).map(({ name }) => String(name));
  const columns = new Map<string, string[]>();
  for (const { kind, name, owner } of rows) {
    if (kind !== 'column') continue;
    const known = columns.get(String(owner));
    if (known === undefined) columns.set(String(owner), [String(name)]);
    else known.push(String(name));
  }
  return {
    tables: listOf('view', 'table_macro').sort(),
    macros: listOf('macro').sort(),
    keywords: listOf('keyword').sort(),
    columns,
  };
}

const namesTable = /(?:\b(?:FROM|JOIN|DESCRIBE|SUMMARIZE|TABLE)\s+|\bFROM\s+[\w\s.,]*,\s*)"?\w*$/i;

/** The candidates for the last word of `text`, and that word. `whole` is all of the query that is known. */
export function complete(text: string, whole: string, names: CatalogNames): [string[], string] {
  const dotted = /(\w+)\.(\w*)$/.exec(text);
  if (dotted !== null) {
    const [, owner, start] = dotted;
    return [pick(listColumns(findOwners(owner!, whole, names), names), start!), start!];
  }
  const word = /\w*$/.exec(text)![0];
  if (namesTable.test(text)) return [pick(names.tables, word), word];
  if (word === '') return [[], word];
  const isUpper = word === word.toUpperCase();
  const keywords = names.keywords.map((one) => (isUpper ? one.toUpperCase() : one));
  const columns = listColumns(findNamed(whole, names), names);
  return [pick([...columns, ...names.macros, ...names.tables, ...keywords], word), word];
}

function pick(candidates: readonly string[], start: string): string[] {
  const wanted = start.toLowerCase();
  return [...new Set(candidates)].filter((one) => one.toLowerCase().startsWith(wanted));
}

/** The views a name before a point may stand for: a view itself, or an alias of one. */
function findOwners(name: string, whole: string, names: CatalogNames): string[] {
  if (names.columns.has(name)) return [name];
  const alias = new RegExp(`(\\w+)(?:\\s+AS)?\\s+${name}\\b`, 'gi');
  return [...whole.matchAll(alias)]
    .map(([, view]) => view!)
    .filter((one) => names.columns.has(one));
}

function findNamed(whole: string, names: CatalogNames): string[] {
  return [...new Set(whole.match(/\w+/g) ?? [])].filter((one) => names.columns.has(one));
}

/** Of the views, or of all where none is named yet. */
function listColumns(views: readonly string[], { columns }: CatalogNames): string[] {
  return [...(views.length === 0 ? columns.keys() : views)].flatMap(
    (one) => columns.get(one) ?? [],
  );
}
