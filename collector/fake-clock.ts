// A clock that stands still until a test moves it.

import type { Clock } from '../lake/clock.ts';

export class FakeClock implements Clock {
  #us: number;
  #ms = 1000;

  /** `start` is an ISO 8601 time, UTC. */
  constructor(start = '2026-11-20T12:00:00Z') {
    this.#us = Date.parse(start) * 1000;
  }

  nowUs(): number {
    return this.#us;
  }

  monotonicMs(): number {
    return this.#ms;
  }

  /** Time passes. */
  advance(ms: number): void {
    this.#ms += ms;
    this.#us += ms * 1000;
  }

  /** Somebody sets the wall clock; the monotonic clock takes no notice. */
  set(time: string): void {
    this.#us = Date.parse(time) * 1000;
  }
}
