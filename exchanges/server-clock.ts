// The clock of a server, known from the `Date` of its answers, which drops everything below the second.
// Each answer bounds how far that clock can be from ours; several together bound it closely. Where they
// contradict each other one of the clocks was set, and the last answer counts. Holds no effects.

export class ServerClock {
  readonly #guessMs: number;
  /** Bounds of the server's time minus ours, ms; undefined before the first answer. */
  #offset: { leastMs: number; mostMs: number } | undefined;

  /** `guessMs`: the server's time minus ours as long as no answer says otherwise. */
  constructor(guessMs: number) {
    this.#guessMs = guessMs;
  }

  /** An answer dated `dateMs` (whole seconds) to a request sent and received at our times. */
  noteDate(dateMs: number, sentMs: number, receivedMs: number): void {
    const told = { leastMs: dateMs - receivedMs, mostMs: dateMs + 1000 - sentMs };
    const known = this.#offset ?? told;
    const leastMs = Math.max(known.leastMs, told.leastMs);
    const mostMs = Math.min(known.mostMs, told.mostMs);
    this.#offset = leastMs <= mostMs ? { leastMs, mostMs } : told;
  }

  /** The server's time when ours is `nowMs`, at the earliest; before the first answer the guess. */
  earliestMs(nowMs: number): number {
    return nowMs + (this.#offset?.leastMs ?? this.#guessMs);
  }
}
