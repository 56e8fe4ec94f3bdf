// What a store's server is to do wrong, as rules that are taken from a list: each strikes so many requests of
// one kind, in the order they were added.

export type Fault =
  /** Answers with an error in the store's own form; `code` as the store names it. */
  | { kind: 'status'; status: number; code?: string }
  /** Closes the connection in the middle of the content, or before an answer that has none. */
  | { kind: 'reset' }
  /** Does what is asked, and closes the connection before it says so. */
  | { kind: 'no-answer' }
  /** Takes the request and never answers. */
  | { kind: 'hang' }
  /** Answers that much later. */
  | { kind: 'slow'; ms: number }
  /** Reports another digest than the content's. */
  | { kind: 'misreport' }
  /** Keeps other content than was sent. */
  | { kind: 'corrupt' }
  /** Confirms a write and keeps nothing. */
  | { kind: 'vanish' };

export type FaultRule = {
  /** `put`, `head`, ... as the server names its operations; every operation where it is not given. */
  on?: string;
  /** Only where the key holds this text. */
  key?: string;
  /** How many requests; all from now on where it is not given. */
  times?: number;
  fault: Fault;
};

export class Faults {
  #rules: (FaultRule & { left: number })[] = [];

  add(rule: FaultRule): void {
    this.#rules.push({ ...rule, left: rule.times ?? Infinity });
  }

  clear(): void {
    this.#rules = [];
  }

  /** Rules that have not struck as often as they should. */
  get pending(): number {
    return this.#rules.filter(({ left }) => left > 0 && left < Infinity).length;
  }

  take(operation: string, key: string): Fault | undefined {
    const rule = this.#rules.find(
      ({ on, key: part, left }) =>
        left > 0 && (on === undefined || on === operation) && key.includes(part ?? ''),
    );
    if (rule === undefined) return undefined;
    rule.left--;
    return rule.fault;
  }
}
