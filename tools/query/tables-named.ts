// Which tables a query reads, from its syntax tree as DuckDB writes it in JSON. Holds no effects.

/** Names of tables and views in any part of the tree; those that the query itself defines left out. */
export function findTablesNamed(tree: unknown): string[] {
  const named = new Set<string>();
  const defined = new Set<string>();
  const walk = (node: unknown) => {
    if (typeof node !== 'object' || node === null) return;
    if ('table_name' in node && 'type' in node && node.type === 'BASE_TABLE') {
      named.add(String(node.table_name));
    }
    // An entry of WITH.
    if ('key' in node && 'value' in node) defined.add(String(node.key));
    for (const child of Object.values(node)) walk(child);
  };
  walk(tree);
  return [...named].filter((name) => !defined.has(name));
}
