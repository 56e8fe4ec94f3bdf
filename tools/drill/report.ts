// The report of a drill, in Markdown: the verdict, the figures of every round, each fault's times, and
// what is wrong with the rounds that failed. Holds no effects.

import type { RoundResult } from './round.ts';

export type DrillResult = {
  seed: number;
  rounds: readonly RoundResult[];
  /** Faults that are not possible on this machine, and why. */
  leftOut: readonly string[];
};

export function isGood({ rounds }: DrillResult): boolean {
  return rounds.length > 0 && rounds.every(({ problems }) => problems.length === 0);
}

/** `round 3: ok, 1234 of 1234 trades, 57 of 57 seconds, 12 s: ban, disk full` */
export function formatRound(result: RoundResult): string {
  const { round, problems, comparison, durationMs, struck, connections } = result;
  const verdict = problems.length === 0 ? 'ok' : 'FAILED';
  const figures =
    comparison === undefined
      ? []
      : [
          `${comparison.tradesHeld} of ${comparison.tradesSent} trades`,
          `${comparison.secondsEqual} of ${comparison.secondsSent} seconds`,
        ];
  const how = connections === 1 ? [] : [`${connections} connections`];
  const row = [verdict, ...figures, ...how, `${Math.round(durationMs / 1000)} s`].join(', ');
  return `round ${round}: ${row}: ${struck.join(', ')}`;
}

export function formatReport(result: DrillResult): string {
  const { seed, rounds, leftOut } = result;
  const failed = rounds.filter(({ problems }) => problems.length > 0);
  const sum = (read: (round: RoundResult) => number) =>
    rounds.reduce((total, round) => total + read(round), 0);
  return [
    `# Drill: ${isGood(result) ? 'nothing lost' : 'FAILED'}`,
    '',
    `${rounds.length} rounds with seed ${seed}, ${failed.length} failed.`,
    '',
    ...formatTable(
      ['', 'exchange', 'lake'],
      [
        ['trades', sum(countSent), sum(({ comparison }) => comparison?.tradesHeld ?? 0)],
        ['missing', '', sum(({ comparison }) => comparison?.missing.length ?? 0)],
        ['doubled', '', sum(({ comparison }) => comparison?.doubled.length ?? 0)],
        ['altered', '', sum(({ comparison }) => comparison?.altered.length ?? 0)],
        ['complete without a fill', '', sum(({ comparison }) => comparison?.secondsComplete ?? 0)],
        ['seconds', sum(countSeconds), sum(({ comparison }) => comparison?.secondsEqual ?? 0)],
      ],
    ),
    '',
    '## Faults',
    '',
    ...formatTable(
      ['fault', 'times', 'noticed after ms', 'at most', 'recorded again after ms', 'at most'],
      summarizeFaults(rounds),
    ),
    '',
    ...leftOut.map((what) => `Left out: ${what}.`),
    ...(leftOut.length > 0 ? [''] : []),
    '## Rounds',
    '',
    ...rounds.flatMap((round) => [
      `- ${formatRound(round)}`,
      ...round.problems.map((problem) => `  - ${problem.trimEnd().replaceAll('\n', '\n    ')}`),
    ]),
    '',
  ].join('\n');
}

const countSent = ({ comparison }: RoundResult) => comparison?.tradesSent ?? 0;
const countSeconds = ({ comparison }: RoundResult) => comparison?.secondsSent ?? 0;

/** A row per kind of fault: medians and maxima. */
function summarizeFaults(rounds: readonly RoundResult[]): (string | number)[][] {
  const all = rounds.flatMap(({ faults }) => faults);
  const names = [...new Set(all.map(({ name }) => name))].sort();
  return names.map((name) => {
    const some = all.filter((fault) => fault.name === name);
    const detected = some.flatMap(({ detectedMs }) => detectedMs ?? []);
    const recovered = some.map(({ recoveredMs }) => recoveredMs);
    return [name, some.length, ...describeTimes(detected), ...describeTimes(recovered)];
  });
}

function describeTimes(times: readonly number[]): string[] {
  const sorted = [...times].sort((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  return [median, sorted.at(-1)].map((ms) => (ms === undefined ? '-' : ms.toFixed(0)));
}

function formatTable(header: readonly string[], rows: readonly (string | number)[][]): string[] {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)];
}
