// How far the exchange's clock is ahead of ours, and whether ours was set. Decides only.

export type ClockSample = { sentUs: number; receivedUs: number; serverUs: number };
export type ClockOffset = { offsetUs: number; roundTripUs: number };

/**
 * The offset by the sample with the shortest round trip: the answer is taken to have been made in the
 * middle of it, so that it is wrong by half the round trip at most. Undefined without samples.
 */
export function measureOffset(samples: readonly ClockSample[]): ClockOffset | undefined {
  let best: ClockOffset | undefined;
  for (const { sentUs, receivedUs, serverUs } of samples) {
    const roundTripUs = receivedUs - sentUs;
    // The clock was set back meanwhile.
    if (roundTripUs < 0) continue;
    if (best !== undefined && roundTripUs >= best.roundTripUs) continue;
    best = { offsetUs: Math.round(serverUs - (sentUs + receivedUs) / 2), roundTripUs };
  }
  return best;
}

/** Less is not told apart from what the two clocks drift between looks. */
const minStepUs = 500_000;

/** Notices that the wall clock was set, by the clock that never is. */
export class StepWatch {
  #differenceUs: number | undefined;

  /** By how much the wall clock has been set since it was last looked at; 0 where it was not. */
  observe(wallUs: number, monotonicMs: number): number {
    const differenceUs = wallUs - monotonicMs * 1000;
    const stepUs = Math.round(differenceUs - (this.#differenceUs ?? differenceUs));
    this.#differenceUs = differenceUs;
    return Math.abs(stepUs) >= minStepUs ? stepUs : 0;
  }
}
