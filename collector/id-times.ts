// When trades at the edges of gaps were received: enough to ask for a gap by time where an exchange does
// not let us ask by id. Remembers the newest only. Holds no effects.

const maxTimes = 200;

export class IdTimes {
  /** Ascending by the order noted, which is that of ids but for damaged ones. */
  #times: { id: number; timeUs: number }[] = [];

  /** The trade of that id was received at `timeUs`; 0 where that is not known. */
  note(id: number, timeUs: number): void {
    if (timeUs <= 0) return;
    this.#times.push({ id, timeUs });
    if (this.#times.length > maxTimes) this.#times.shift();
  }

  /** Times between which the trades `from` to `to` happened, or undefined. */
  findAround(from: number, to: number): { fromUs: number; toUs: number } | undefined {
    const before = this.#times.findLast(({ id }) => id < from);
    const after = this.#times.find(({ id }) => id > to);
    if (before === undefined || after === undefined) return undefined;
    return { fromUs: before.timeUs, toUs: Math.max(before.timeUs, after.timeUs) };
  }
}
