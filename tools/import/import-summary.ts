// What an import has done, in one line. Holds no effects.

export type ImportTally = {
  taken: number;
  bytes: number;
  /** By `<exchange>/<SYMBOL>`, of the parts taken. */
  instruments: Set<string>;
  /** Parts this lake had already, and parts that could not be taken. */
  known: number;
  failed: number;
};

/** `left`: parts not looked at, because the import was stopped. */
export function formatImport(other: string, tally: ImportTally, left: number): string {
  const { taken, bytes, instruments, known, failed } = tally;
  const facts = [
    `${taken} parts of ${instruments.size} symbols taken, ${(bytes / 1e6).toFixed(1)} MB`,
    `${known} were here already`,
    ...(failed > 0 ? [`${failed} could not be taken`] : []),
    ...(left > 0 ? [`stopped with ${left} to go: run it again`] : []),
    ...(taken > 0 ? ['the next transform reads them'] : []),
  ];
  return `import ${other}: ${facts.join('; ')}`;
}
