// What verification finds, and what it means for the verdict. Holds no effects.

/**
 * `wrong`: something that is stored does not hold. `missing`: what is stored holds, but is not all
 * there is. `note`: neither, but worth knowing.
 */
export type Severity = 'wrong' | 'missing' | 'note';

/** What an operator can run, or do, against it. */
export type Remedy =
  | 'rebuild'
  | 'transform'
  | 'backfill'
  | 'fill'
  | 'collect'
  | 'restore'
  | 'bring back';

export type Finding = {
  severity: Severity;
  /** The check that found it: the name of a rule, or of what was compared. */
  check: string;
  what: string;
  /** The worst cases, at most five. */
  examples?: readonly string[];
  remedy?: Remedy;
};

export type Verdict = 'ok' | 'incomplete' | 'wrong';

export function judge(findings: readonly Finding[]): Verdict {
  if (findings.some(({ severity }) => severity === 'wrong')) return 'wrong';
  return findings.some(({ severity }) => severity === 'missing') ? 'incomplete' : 'ok';
}

/** The most urgent first: a wrong part is restored before a partition is made of it. */
const urgency: readonly Remedy[] = [
  'restore',
  'bring back',
  'collect',
  'transform',
  'rebuild',
  'backfill',
  'fill',
];

/** The remedy to begin with, undefined where none is needed. */
export function findRemedy(findings: readonly Finding[]): Remedy | undefined {
  const asked = findings.map(({ remedy }) => remedy);
  return urgency.find((remedy) => asked.includes(remedy));
}

/** `1 row`, `3 rows`, `12,000 rows`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}

/** The first five, and how many more there are. */
export function summarize(items: readonly string[]): string[] {
  const rest = items.length - 5;
  return rest > 0 ? [...items.slice(0, 5), `and ${rest} more`] : [...items];
}
