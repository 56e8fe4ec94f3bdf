// Who has logged in: random ids, which a browser keeps as a cookie, remembered by their digest in memory alone. They
// end some days after their last use, and all of them with the process. Holds no effects.

import { createHash } from 'node:crypto';

const lastForMs = 7 * 86_400_000;
const maxSessions = 1000;

export class Sessions {
  /** When each was last used, ms; the one used last comes last. */
  readonly #usedAtMs = new Map<string, number>();
  readonly #makeId: () => string;

  /** `makeId` gives an id that nobody can guess. */
  constructor(makeId: () => string) {
    this.#makeId = makeId;
  }

  open(nowMs: number): string {
    const id = this.#makeId();
    this.#touch(digest(id), nowMs);
    return id;
  }

  isOpen(id: string, nowMs: number): boolean {
    const key = digest(id);
    const usedAtMs = this.#usedAtMs.get(key);
    if (usedAtMs === undefined) return false;
    if (nowMs - usedAtMs < lastForMs) this.#touch(key, nowMs);
    else this.#usedAtMs.delete(key);
    return nowMs - usedAtMs < lastForMs;
  }

  close(id: string): void {
    this.#usedAtMs.delete(digest(id));
  }

  #touch(key: string, nowMs: number): void {
    this.#usedAtMs.delete(key);
    this.#usedAtMs.set(key, nowMs);
    if (this.#usedAtMs.size <= maxSessions) return;
    const [oldest] = this.#usedAtMs.keys();
    this.#usedAtMs.delete(oldest!);
  }
}

/** The time it takes to find a digest tells nothing of the id. */
function digest(id: string): string {
  return createHash('sha256').update(id).digest('base64');
}
