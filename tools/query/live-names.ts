// Whether a query reads what is not transformed yet: it names a live view, or a view or macro that reads one. Judged
// by words alone, so one too many is possible and one too few is not. Holds no effects.

export type Definition = { name: string; definition: string };

/** The names that lead to a live view, the live views' own among them. */
export function findLiveNames(definitions: readonly Definition[]): Set<string> {
  const live = new Set(
    definitions.map(({ name }) => name).filter((name) => /_(live|tail)(_|$)/.test(name)),
  );
  const listWords = ({ definition }: Definition) => definition.toLowerCase().match(/\w+/g) ?? [];
  for (let before = -1; before < live.size; ) {
    before = live.size;
    for (const one of definitions) {
      if (listWords(one).some((word) => live.has(word))) live.add(one.name);
    }
  }
  return live;
}

export function isLive(sql: string, live: ReadonlySet<string>): boolean {
  return (sql.toLowerCase().match(/\w+/g) ?? []).some((word) => live.has(word));
}
