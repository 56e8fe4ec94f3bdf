// In which windows of time rows are looked for, where it is not known how far apart they lie: each window four times
// as long as the one before, until there are enough rows or nothing is left. Holds no effects.

export type Window = { fromUs: number; toUs: number };

const growth = 4;

/** From `toUs` down to `fromUs`, the first window `spanUs` long and ending at `toUs`. */
export function* stepBack(fromUs: number, toUs: number, spanUs: number): Generator<Window> {
  let endUs = toUs;
  for (let lengthUs = spanUs; endUs > fromUs; lengthUs *= growth) {
    const startUs = Math.max(fromUs, endUs - lengthUs);
    yield { fromUs: startUs, toUs: endUs };
    endUs = startUs;
  }
}
