import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AlertCondition } from '../../lake/config-schema.ts';
import type { Problem } from '../health/problem.ts';
import type { Alert } from './alert.ts';
import { type AlertRules, decideAlerts } from './decide.ts';

const minute = 60_000;
const startMs = Date.parse('2026-11-20T12:00:00Z');
const rules: AlertRules = {
  conditions: [],
  rateLimitMs: 60 * minute,
  quietMs: minute,
  startedAtMs: 0,
  settleMs: 0,
};

const problem = (
  condition: AlertCondition,
  subject = 'lake',
  more: Partial<Problem> = {},
): Problem => ({
  id: `${condition} ${subject}`,
  condition,
  subject,
  severity: 'degraded',
  alerts: true,
  what: `${condition} of ${subject}`,
  since: '2026-11-20T12:00:00.000Z',
  action: 'act',
  ...more,
});
const disk = problem('disk');

/** Heartbeats, a minute apart; what was said in each, as `minute status condition/subject`. */
function tell(
  heartbeats: readonly (readonly Problem[])[],
  given: Partial<AlertRules> = {},
  everyMs = minute,
): string[] {
  let alerts: Alert[] = [];
  return heartbeats.flatMap((problems, i) => {
    const decision = decideAlerts(alerts, problems, startMs + i * everyMs, { ...rules, ...given });
    ({ alerts } = decision);
    return decision.news.map(({ status, alert, isRepeated }) => {
      const again = isRepeated ? ' again' : '';
      return `${(i * everyMs) / minute} ${status}${again} ${alert.condition}/${alert.subject}`;
    });
  });
}
const times = (count: number, problems: readonly Problem[]) =>
  Array.from({ length: count }, () => problems);
const symbols = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => problem('gap', `binance/S${from + i}`));

describe('decideAlerts', () => {
  it('tells once when trouble begins, and once when it is over', () => {
    const said = tell([[], ...times(200, [disk]), ...times(200, [])]);
    expect(said).toEqual(['1 firing disk/lake', '202 resolved disk/lake']);
  });

  it('tells each condition and subject by itself', () => {
    const [one, other] = [problem('gap', 'binance/A'), problem('gap', 'binance/B')];
    const said = tell([[one, disk], [one, other, disk], [other], [other], [other]]);
    expect(said).toEqual([
      '0 firing gap/binance/A',
      '0 firing disk/lake',
      '1 firing gap/binance/B',
      '3 resolved gap/binance/A',
      '3 resolved disk/lake',
    ]);
  });

  it('says nothing of what is missing in a single heartbeat', () => {
    expect(tell([[disk], [], [disk], [], [disk]])).toEqual(['0 firing disk/lake']);
  });

  it('ends trouble that comes and goes with one message, and the right one', () => {
    const flaps = Array.from({ length: 50 }, (_, i) => (i % 5 === 0 ? [disk] : []));
    expect(tell([...flaps, ...times(60, [])])).toEqual([
      '0 firing disk/lake',
      '2 resolved disk/lake',
    ]);
    // Still there when the hour has passed: told, and over only after it has stayed away for a while.
    const long = Array.from({ length: 200 }, (_, i) => (i % 5 === 3 ? [] : [disk]));
    expect(tell([...long, ...times(60, [])])).toEqual([
      '0 firing disk/lake',
      '215 resolved disk/lake',
    ]);
  });

  it('tells again what came back within the hour and stayed, once the hour has passed', () => {
    expect(tell([[disk], ...times(5, []), ...times(100, [disk]), ...times(30, [])])).toEqual([
      '0 firing disk/lake',
      '2 resolved disk/lake',
      '60 firing disk/lake',
      '121 resolved disk/lake',
    ]);
  });

  it('says until when it will be silent of what is over, and is not silent then', () => {
    const first = decideAlerts([], [disk], startMs, rules);
    const away = decideAlerts(first.alerts, [], startMs + minute, rules);
    const over = decideAlerts(away.alerts, [], startMs + 2 * minute, rules);
    const silentUntilMs = over.news[0]!.silentUntilMs!;
    expect(silentUntilMs).toBe(startMs + 60 * minute);
    const back = decideAlerts(over.alerts, [disk], silentUntilMs - 1, rules);
    expect(back.news).toEqual([]);
    expect(decideAlerts(back.alerts, [disk], silentUntilMs, rules).news).toMatchObject([
      { status: 'firing', alert: { subject: 'lake' } },
    ]);
    const long = decideAlerts(away.alerts, [], startMs + 61 * minute, rules);
    expect(long.news).toMatchObject([{ status: 'resolved' }]);
    expect(long.news[0]!.silentUntilMs).toBeUndefined();
  });

  it('tells of a whole outage once, and of the parts that are left when it is over', () => {
    const outage = problem('collector_stopped', 'trades', { severity: 'unhealthy' });
    const part = (lane: number) =>
      problem('gap', `binance ${lane}/0`, { covered_by: 'collector_stopped/trades' });
    const all = [outage, part(0), part(1)];
    // Connections come back one by one.
    expect(tell([...times(9, all), [part(1)], ...times(90, [])])).toEqual([
      '0 firing collector_stopped/trades',
      '10 resolved collector_stopped/trades',
    ]);
    expect(tell([...times(9, all), ...times(9, [part(1)])])).toEqual([
      '0 firing collector_stopped/trades',
      '10 resolved collector_stopped/trades',
      '11 firing gap/binance 1/0',
    ]);
    // One that was told before stays told.
    expect(tell([[part(1)], ...times(9, all), ...times(9, [part(1)]), [], []])).toEqual([
      '0 firing gap/binance 1/0',
      '1 firing collector_stopped/trades',
      '11 resolved collector_stopped/trades',
      '20 resolved gap/binance 1/0',
    ]);
    // Who does not want to hear of the one hears of the other.
    expect(tell(times(9, all), { conditions: ['gap'] })).toEqual([
      '0 firing gap/binance 0/0',
      '0 firing gap/binance 1/0',
    ]);
  });

  it('names what is over as it was told', () => {
    const later = problem('disk', 'lake', { what: 'something else by now' });
    let alerts: Alert[] = [];
    for (const [i, problems] of [[disk], [later], []].entries()) {
      ({ alerts } = decideAlerts(alerts, problems, startMs + i * minute, rules));
    }
    const { news } = decideAlerts(alerts, [], startMs + 9 * minute, rules);
    expect(news).toMatchObject([{ status: 'resolved', alert: { what: disk.what } }]);
  });

  it('tells again at once what comes back after the hour', () => {
    const said = tell([[disk], ...times(69, []), [disk], [disk]]);
    expect(said).toEqual(['0 firing disk/lake', '2 resolved disk/lake', '70 firing disk/lake']);
  });

  it('tells at once, and once, what turned unhealthy, and reminds once a day', () => {
    const worse = problem('disk', 'lake', { severity: 'unhealthy' });
    expect(tell([...times(10, [disk]), ...times(100, [worse])])).toEqual([
      '0 firing disk/lake',
      '10 firing again disk/lake',
    ]);
    const turns = Array.from({ length: 200 }, (_, i) => (i % 3 === 2 ? [worse] : [disk]));
    expect(tell(turns)).toEqual(['0 firing disk/lake', '2 firing again disk/lake']);
    expect(tell([[disk], [], [], [worse]])).toEqual([
      '0 firing disk/lake',
      '2 resolved disk/lake',
      '3 firing disk/lake',
    ]);
    expect(tell(times(3 * 24 * 60, [disk]))).toEqual([
      '0 firing disk/lake',
      `${24 * 60} firing again disk/lake`,
      `${48 * 60} firing again disk/lake`,
    ]);
  });

  it('tells of the worst of two problems of one subject', () => {
    const worse = problem('disk', 'lake', { severity: 'unhealthy', what: 'the worst' });
    const { news } = decideAlerts([], [worse, disk], startMs, rules);
    expect(news).toMatchObject([{ alert: { what: 'the worst' } }]);
  });

  it('tells of a thousand symbols in one message, and of their end in one', () => {
    const all = symbols(1000);
    const ends = Array.from({ length: 100 }, (_, i) => all.slice(i * 10));
    const said = tell([...times(3, all), ...ends, [], []]);
    expect(said).toEqual(['0 firing gap/*', '104 resolved gap/*']);
    const [news] = decideAlerts([], all, startMs, rules).news;
    expect(news!.alert.members).toHaveLength(1000);
    expect(news!.alert.what).toBe(
      '1000 problems of this kind: gap of binance/S0; gap of binance/S1; gap of binance/S2; ' +
        '996 more; gap of binance/S999',
    );
  });

  it('bounds the messages of symbols that fall silent one by one', () => {
    const trickle = Array.from({ length: 59 }, (_, i) => symbols(i + 1));
    expect(tell(trickle)).toEqual([
      ...[0, 1, 2, 3, 4].map((i) => `${i} firing gap/binance/S${i}`),
      '5 firing gap/*',
    ]);
  });

  it('bounds the messages of symbols that take turns', () => {
    const turns = Array.from({ length: 60 }, (_, i) => symbols(1, i));
    const said = tell(turns);
    expect(said.filter((line) => line.includes('firing'))).toHaveLength(6);
    expect(said.length).toBeLessThanOrEqual(11);
  });

  it('says again that many have become twice as many', () => {
    expect(tell([...times(60, symbols(10)), ...times(60, symbols(20))])).toEqual([
      '0 firing gap/*',
      '60 firing again gap/*',
    ]);
  });

  it('reports the conditions that are asked for, and what is worth a message', () => {
    const note = problem('memory', 'lake', { alerts: false });
    expect(tell([[disk, problem('gap'), note]], { conditions: ['disk', 'memory'] })).toEqual([
      '0 firing disk/lake',
    ]);
  });

  it('forgets in silence what is not asked for any more', () => {
    const { alerts } = decideAlerts([], [disk], startMs, rules);
    const later = decideAlerts(alerts, [], startMs, { ...rules, conditions: ['gap'] });
    expect(later).toEqual({ alerts: [], news: [] });
  });

  it('calls nothing over before everything is known after a start', () => {
    const settled = { startedAtMs: startMs, settleMs: 10 * minute };
    expect(tell([[disk], ...times(5, []), ...times(20, [disk])], settled)).toEqual([
      '0 firing disk/lake',
    ]);
    expect(tell([[disk], ...times(20, [])], settled)).toEqual([
      '0 firing disk/lake',
      '10 resolved disk/lake',
    ]);
  });

  it('waits for no hour of a clock that was set back', () => {
    const { alerts } = decideAlerts([], [disk], startMs + 600 * minute, rules);
    const cleared = decideAlerts(alerts, [], startMs, rules);
    const gone = decideAlerts(cleared.alerts, [], startMs + minute, rules);
    expect(gone.news).toMatchObject([{ status: 'resolved' }]);
    const started = { ...rules, startedAtMs: startMs + 600 * minute, settleMs: minute };
    const sinceStart = decideAlerts(cleared.alerts, [], startMs + minute, started);
    expect(sinceStart.news).toMatchObject([{ status: 'resolved' }]);
    expect(decideAlerts(gone.alerts, [disk], startMs + 2 * minute, rules).news).toHaveLength(1);
  });

  it('never tells twice within the hour, and what was told last is what is, whatever happens', () => {
    const beat = fc.subarray(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    fc.assert(
      fc.property(fc.array(beat, { maxLength: 150 }), fc.boolean(), (beats, endsWell) => {
        const heartbeats = beats.map((names) => names.map((name) => problem('gap', name)));
        const last = endsWell ? [] : [problem('gap', 'a')];
        const said = tell([...heartbeats, ...times(120, last)]).map((line) => line.split(' '));
        const fired = Map.groupBy(
          said.filter((words) => words[1] === 'firing'),
          (words) => words.at(-1)!,
        );
        for (const own of fired.values()) {
          const at = own.map(([when]) => Number(when));
          expect(at.slice(1).every((when, i) => when - at[i]! >= 60)).toBe(true);
        }
        expect(fired.size).toBeLessThanOrEqual(8);
        const lastWord = new Map(said.map((words) => [words.at(-1)!, words[1]]));
        const open = [...lastWord.values()].filter((word) => word === 'firing').length;
        expect(open).toBe(endsWell ? 0 : 1);
      }),
      { numRuns: 60 },
    );
  });
});
