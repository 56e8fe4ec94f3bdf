// How long frames took from the exchange to us: a histogram of fixed size, so that a symbol costs the
// same whatever its rate. Local clocks run behind the exchange's too, so negative values are data.
// Buckets are linear up to 64 µs and then 32 per power of two: within 3 % of the true value.

const subBuckets = 32;
/** Powers of two above the linear range, up to 2^31 µs (36 minutes). */
const octaves = 26;
const bucketsPerSign = 2 * subBuckets + octaves * subBuckets;
const maxUs = 2 ** 31 - 1;

export type Latency = { p50Us: number; p95Us: number; maxUs: number };

export class LatencyWindow {
  /** Negative values fall, positive values rise from the middle. */
  readonly #counts = new Uint32Array(2 * bucketsPerSign);
  #total = 0;
  #maxUs = Number.NEGATIVE_INFINITY;

  add(latencyUs: number): void {
    this.#counts[findBucket(latencyUs)]!++;
    this.#total++;
    if (latencyUs > this.#maxUs) this.#maxUs = latencyUs;
  }

  /** Adds all values of another window. */
  merge(other: LatencyWindow): void {
    for (const [bucket, count] of other.#counts.entries()) this.#counts[bucket]! += count;
    this.#total += other.#total;
    this.#maxUs = Math.max(this.#maxUs, other.#maxUs);
  }

  /** Lower median, 95th percentile and highest value; undefined without values. */
  measure(): Latency | undefined {
    if (this.#total === 0) return undefined;
    const p50Us = this.#findRank(Math.ceil(this.#total * 0.5));
    const p95Us = this.#findRank(Math.ceil(this.#total * 0.95));
    return { p50Us, p95Us, maxUs: this.#maxUs };
  }

  /** The values there are, each as the middle of its bucket, and how often. */
  *list(): Generator<[latencyUs: number, count: number]> {
    for (const [bucket, count] of this.#counts.entries()) {
      if (count > 0) yield [findMiddleUs(bucket), count];
    }
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
    this.#maxUs = Number.NEGATIVE_INFINITY;
  }

  /** The value of rank `rank` (1 is the lowest), as the middle of its bucket. */
  #findRank(rank: number): number {
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= rank) return Math.min(findMiddleUs(bucket), this.#maxUs);
    }
    return this.#maxUs;
  }
}

function findBucket(latencyUs: number): number {
  const magnitude = Math.min(Math.abs(latencyUs), maxUs) | 0;
  let bucket = magnitude;
  if (magnitude >= 2 * subBuckets) {
    // 6 significant bits: the shift leaves a number from 32 to 63.
    const shift = 26 - Math.clz32(magnitude);
    bucket = 2 * subBuckets + (shift - 1) * subBuckets + (magnitude >>> shift) - subBuckets;
  }
  return latencyUs < 0 ? bucketsPerSign - 1 - bucket : bucketsPerSign + bucket;
}

function findMiddleUs(index: number): number {
  const isNegative = index < bucketsPerSign;
  const bucket = isNegative ? bucketsPerSign - 1 - index : index - bucketsPerSign;
  let middle = bucket;
  if (bucket >= 2 * subBuckets) {
    const shift = Math.floor(bucket / subBuckets) - 1;
    const mantissa = (bucket % subBuckets) + subBuckets;
    middle = (mantissa + 0.5) * 2 ** shift;
  }
  return isNegative ? -middle : middle;
}
