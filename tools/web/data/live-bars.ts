// What live streams are fed with: the bars of a symbol since a moment, each as the text a client is sent, and the
// last quote. A bar is final when the second after the one that follows it is known, so that what comes a little late is in.

import {
  type DataQuestion,
  type LiveAnswer,
  type LiveWatch,
  liveRows,
  toWidthUs,
} from '../question.ts';
import { Refusal } from '../refusal.ts';
import { readBars } from './bars.ts';
import { type DataContext, toBody } from './data-context.ts';
import { findHead } from './latest.ts';

const usPerSecond = 1_000_000;
/** What SQL over live views waits for at most: the first look at raw of hours takes seconds. */
const freshenWithinMs = 20_000;
/** Bars that lie so far in the future are a mistake of the exchange's clock, not of ours. */
const aheadUs = 86_400 * usPerSecond;

/** Which symbols are meant. */
export async function answerResolve(
  { wanted }: Extract<DataQuestion, { about: 'resolve' }>,
  { instruments }: DataContext,
) {
  return toBody(await Promise.all(wanted.map((each) => instruments.find(each))));
}

export async function answerFreshen({ instruments, tail }: DataContext) {
  if (await tail.freshen(await instruments.list(), freshenWithinMs)) return toBody({});
  const text = 'the live views are not up to date yet: ask again, or ask bars_1s and trades';
  throw new Refusal(503, text, 1);
}

export async function answerLive(
  { watches, freshWithinMs }: Extract<DataQuestion, { about: 'live' }>,
  context: DataContext,
) {
  const names = new Map(watches.map(({ instrument }) => [JSON.stringify(instrument), instrument]));
  const isFresh = await context.tail.freshen([...names.values()], freshWithinMs);
  const answers: LiveAnswer[] = [];
  for (const watch of watches) answers.push({ ...(await readLive(watch, context)), isFresh });
  return toBody(answers);
}

async function readLive(
  watch: LiveWatch,
  context: DataContext,
): Promise<Omit<LiveAnswer, 'isFresh'>> {
  const { instrument, interval, fromUs } = watch;
  const toUs = Math.max(fromUs, context.clock.nowUs()) + aheadUs;
  const found = await readBars(context, instrument, interval, { fromUs, toUs, limit: liveRows });
  const { newestUs = Number.NEGATIVE_INFINITY, quote } = await findHead(context, instrument);
  const bars = found.map(({ startUs, text }) => {
    const isFinal = newestUs >= startUs + toWidthUs(interval) + usPerSecond;
    const head = JSON.stringify({ ...instrument, interval, final: isFinal });
    return { startUs, isFinal, text: `${head.slice(0, -1)},${text.slice(1)}` };
  });
  return { bars, quote: quote === null ? null : JSON.stringify({ ...instrument, ...quote }) };
}
