// In which windows of time rows are looked for, where it is not known how far apart they lie: each window four times
// as long as the one before, until there are enough rows or nothing is left. Holds no effects.

export type Window = { fromUs: number; toUs: number };

export const growth = 4;

/** From `toUs` down to `fromUs`, the first window `spanUs` long and ending at `toUs`. */
export function* stepBack(fromUs: number, toUs: number, spanUs: number): Generator<Window> {
  let endUs = toUs;
  for (let lengthUs = spanUs; endUs > fromUs; lengthUs *= growth) {
    const startUs = Math.max(fromUs, endUs - lengthUs);
    yield { fromUs: startUs, toUs: endUs };
    endUs = startUs;
  }
}

/** From `fromUs` up to `toUs`, the first window `spanUs` long and beginning at `fromUs`. */
export function* stepForward(fromUs: number, toUs: number, spanUs: number): Generator<Window> {
  let startUs = fromUs;
  for (let lengthUs = spanUs; startUs < toUs; lengthUs *= growth) {
    const endUs = Math.min(toUs, startUs + lengthUs);
    yield { fromUs: startUs, toUs: endUs };
    startUs = endUs;
  }
}
