import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServerClock } from './server-clock.ts';
import { WeightGovernor } from './weight-governor.ts';

const moment = (ms: number) => ({ localMs: ms, exchangeMs: ms });

describe('a weight governor', () => {
  it('keeps every 60 s of the exchange within its share, however long answers take', () => {
    const request = fc.record({
      weight: fc.constantFrom(1, 2, 4, 25),
      afterMs: fc.integer({ min: 0, max: 5000 }),
      arrivesMs: fc.integer({ min: 0, max: 4000 }),
      returnsMs: fc.integer({ min: 0, max: 4000 }),
    });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 120 }), (requests) => {
        const governor = new WeightGovernor({ weightPerMinute: 200, share: 0.5 });
        const counted: { atMs: number; weight: number }[] = [];
        let nowMs = 0;
        for (const { weight, afterMs, arrivesMs, returnsMs } of requests) {
          nowMs += afterMs;
          nowMs += governor.planWaitMs(weight, moment(nowMs));
          expect(governor.planWaitMs(weight, moment(nowMs))).toBe(0);
          governor.start(weight);
          counted.push({ atMs: nowMs + arrivesMs, weight });
          nowMs += arrivesMs + returnsMs;
          governor.finish(weight, nowMs);
        }
        for (const { atMs } of counted) {
          const within = counted.filter((one) => one.atMs >= atMs && one.atMs < atMs + 60_000);
          expect(within.reduce((sum, { weight }) => sum + weight, 0)).toBeLessThanOrEqual(100);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('waits for an answer where only that can make room', () => {
    const governor = new WeightGovernor({ weightPerMinute: 100, share: 0.5 });
    governor.start(50);
    expect(governor.planWaitMs(25, moment(1000))).toBe(Number.POSITIVE_INFINITY);
    governor.finish(50, 2000);
    expect(governor.planWaitMs(25, moment(2000))).toBe(60_000);
    expect(governor.planWaitMs(25, moment(62_000))).toBe(0);
  });

  it('stays below 95 % of what the whole address may use, until the minute turns', () => {
    const governor = new WeightGovernor({ weightPerMinute: 6000, share: 0.5 });
    governor.report(5690, moment(61_000));
    expect(governor.planWaitMs(10, moment(100_000))).toBe(0);
    expect(governor.planWaitMs(11, moment(100_000))).toBe(20_000);
    expect(governor.planWaitMs(11, moment(120_000))).toBe(0);
  });

  it('believes the highest report of a minute, and none of a minute that is over', () => {
    const governor = new WeightGovernor({ weightPerMinute: 6000, share: 0.5 });
    governor.report(5700, moment(70_000));
    governor.report(100, moment(71_000));
    expect(governor.planWaitMs(1, moment(119_000))).toBe(1000);
    expect(governor.planWaitMs(1, moment(121_000))).toBe(0);
    governor.report(5700, moment(121_000));
    // The answer to a request of the minute before comes late.
    governor.report(7, moment(119_999));
    expect(governor.planWaitMs(1, moment(122_000))).toBe(58_000);
  });
});

describe('the clock of a server', () => {
  it('is never believed to be later than it is, and known closely after some answers', () => {
    const answers = fc.array(
      fc.record({
        sentMs: fc.integer({ min: 0, max: 100_000 }),
        outMs: fc.integer({ min: 0, max: 300 }),
        backMs: fc.integer({ min: 0, max: 300 }),
      }),
      { minLength: 1, maxLength: 50 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5000 }), answers, (offsetMs, list) => {
        const clock = new ServerClock(offsetMs + 400);
        for (const { sentMs, outMs, backMs } of list) {
          const dateMs = Math.floor((sentMs + outMs + offsetMs) / 1000) * 1000;
          clock.noteDate(dateMs, sentMs, sentMs + outMs + backMs);
        }
        const behindMs = offsetMs - clock.earliestMs(0);
        expect(behindMs).toBeGreaterThanOrEqual(0);
        expect(behindMs).toBeLessThan(1000 + 300);
      }),
      { numRuns: 100 },
    );
  });

  it('follows when one of the clocks is set', () => {
    const clock = new ServerClock(0);
    clock.noteDate(10_000, 10_200, 10_300);
    expect(clock.earliestMs(10_300)).toBe(10_000);
    clock.noteDate(3_610_000, 11_200, 11_300);
    expect(clock.earliestMs(11_300)).toBe(3_610_000);
  });
});
