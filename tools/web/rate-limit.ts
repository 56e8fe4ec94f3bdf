// How often one address may ask: a bucket of tokens for each, refilled with time. Of the addresses only the
// latest are remembered, so that many of them cost no more memory than that; one that was forgotten
// starts with a full bucket. Holds no effects.

export type RateLimits = { burst: number; perSecond: number; maxAddresses: number };

type Bucket = { tokens: number; atMs: number };

export class RateLimit {
  readonly #limits: RateLimits;
  /** The address that asked last comes last. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  /** Takes a token: 0, or for how many ms the address has to wait. */
  take(address: string, nowMs: number): number {
    const { burst, perSecond, maxAddresses } = this.#limits;
    const key = formatNetwork(address);
    const before = this.#buckets.get(key) ?? { tokens: burst, atMs: nowMs };
    const earned = ((nowMs - before.atMs) / 1000) * perSecond;
    const tokens = Math.min(burst, before.tokens + earned);
    const isGranted = tokens >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: isGranted ? tokens - 1 : tokens, atMs: nowMs });
    if (this.#buckets.size > maxAddresses) {
      const [oldest] = this.#buckets.keys();
      this.#buckets.delete(oldest!);
    }
    return isGranted ? 0 : Math.ceil(((1 - tokens) / perSecond) * 1000);
  }

  get size(): number {
    return this.#buckets.size;
  }
}

/** One customer has a whole /64 of IPv6 addresses: they share a bucket. */
function formatNetwork(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [head = ''] = address.split('::', 1);
  return `${head.split(':').slice(0, 4).join(':')}::`;
}
