// Request weights, bans and what the answer says of them: weight is counted per address and clock
// minute; beyond the limit a request gets 429, and a client that goes on is banned with 418.
// Source: github.com/binance/binance-spot-api-docs, rest-api.md, 2026-06-01.

import type { Limits } from './limits.ts';
import { type LimitsSeen, noteHighest } from './limits-seen.ts';

export type WeightVerdict =
  | { kind: 'served'; used: number }
  | { kind: 'limited'; used: number; retryAfterSeconds: number }
  | { kind: 'banned'; retryAfterSeconds: number; untilMs: number };

type Account = {
  minute: number;
  used: number;
  /** Requests of this minute that were refused. */
  refused: number;
  bans: number;
  bannedUntilMs: number;
};

const minuteMs = 60_000;
const maxBanMs = 3 * 86_400_000;
/** Addresses remembered; beyond it the oldest is forgotten. */
const maxAccounts = 10_000;

export class Weights {
  #accounts = new Map<string, Account>();
  #limits: Limits;
  #seen: LimitsSeen;
  #bannedUntilMs = 0;

  constructor(limits: Limits, seen: LimitsSeen) {
    this.#limits = limits;
    this.#seen = seen;
  }

  /** Counts a request. `nowMs` is milliseconds since the epoch: minutes are those of the clock. */
  count(address: string, weight: number, nowMs: number): WeightVerdict {
    const account = this.#findAccount(address, nowMs);
    const banned = this.findBan(address, nowMs);
    if (banned !== undefined) return banned;
    account.used += weight;
    noteHighest(this.#seen, 'weightPerMinute', account.used);
    if (account.used <= this.#limits.weightPerMinute) return { kind: 'served', used: account.used };
    account.refused++;
    if (account.refused > this.#limits.requestsUntilBan) {
      const banMs = Math.min(maxBanMs, this.#limits.banMs * 2 ** Math.min(account.bans, 20));
      account.bans++;
      account.bannedUntilMs = nowMs + banMs;
      return describeBan(account.bannedUntilMs, nowMs);
    }
    const nextMinuteMs = (account.minute + 1) * minuteMs;
    const retryAfterSeconds = Math.ceil((nextMinuteMs - nowMs) / 1000);
    return { kind: 'limited', used: account.used, retryAfterSeconds };
  }

  /** The ban that is in force for an address, or undefined. */
  findBan(address: string, nowMs: number): (WeightVerdict & { kind: 'banned' }) | undefined {
    const own = this.#accounts.get(address)?.bannedUntilMs ?? 0;
    const untilMs = Math.max(own, this.#bannedUntilMs);
    return untilMs > nowMs ? describeBan(untilMs, nowMs) : undefined;
  }

  /** Bans every address. */
  ban(untilMs: number): void {
    this.#bannedUntilMs = untilMs;
  }

  #findAccount(address: string, nowMs: number): Account {
    const minute = Math.floor(nowMs / minuteMs);
    let account = this.#accounts.get(address);
    if (account === undefined) {
      account = { minute, used: 0, refused: 0, bans: 0, bannedUntilMs: 0 };
      if (this.#accounts.size >= maxAccounts) {
        this.#accounts.delete(this.#accounts.keys().next().value!);
      }
      this.#accounts.set(address, account);
    }
    if (account.minute !== minute) Object.assign(account, { minute, used: 0, refused: 0 });
    return account;
  }
}

function describeBan(untilMs: number, nowMs: number): WeightVerdict & { kind: 'banned' } {
  return { kind: 'banned', untilMs, retryAfterSeconds: Math.ceil((untilMs - nowMs) / 1000) };
}
