// Connection attempts per window, so that the exchange does not ban our address. Decides only.

export class ConnectPacing {
  readonly #limits: { count: number; windowMs: number };
  /** Times of the attempts of the last window, oldest first. */
  #attemptsMs: number[] = [];

  constructor(limits: { count: number; windowMs: number }) {
    this.#limits = limits;
  }

  /** Whether an attempt may be made now; if so it is counted. */
  admit(nowMs: number): boolean {
    const { count, windowMs } = this.#limits;
    this.#attemptsMs = this.#attemptsMs.filter((atMs) => nowMs - atMs < windowMs);
    if (this.#attemptsMs.length >= count) return false;
    this.#attemptsMs.push(nowMs);
    return true;
  }
}
