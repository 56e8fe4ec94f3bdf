// The verdict on a heartbeat: is it there, is it fresh, and does it call the lake healthy? Holds no
// effects.

import type { Heartbeat } from './heartbeat.ts';

export type Verdict = { isGood: boolean; text: string };

/** A heartbeat older than this many intervals has stopped. */
const maxIntervals = 3;

const howToStart = 'start --mode orchestrate, or look why it ended in logs/qa/crypto-lake.log';

/** One line: what is the case and, where that is bad, what to do. */
export function judgeHeartbeat(
  heartbeat: Heartbeat | undefined,
  nowMs: number,
  intervalMs: number,
): Verdict {
  const stop = (heartbeat && findAskedStop(heartbeat)) ?? findStop(heartbeat, nowMs, intervalMs);
  if (stop !== undefined) return { isGood: false, text: `${stop.what}; ${stop.action}` };
  const { status, problems } = heartbeat!;
  const [worst] = problems;
  if (worst === undefined) return { isGood: true, text: `${status}: ${summarize(heartbeat!)}` };
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  const text = `${status}: ${worst.what} since ${worst.since}${more}; ${worst.action}`;
  return { isGood: status !== 'unhealthy', text };
}

/** Why there is no heartbeat to go by, and what to do; undefined where there is one. */
export function findStop(
  heartbeat: Heartbeat | undefined,
  nowMs: number,
  intervalMs: number,
): { what: string; action: string } | undefined {
  if (heartbeat === undefined) {
    return { what: 'no heartbeat: nothing has written one yet', action: howToStart };
  }
  const ageMs = nowMs - Date.parse(heartbeat.timestamp);
  // One from the future tells as little as an old one: the clock has been set back since.
  if (Math.abs(ageMs) <= maxIntervals * intervalMs) return undefined;
  const asked = findAskedStop(heartbeat);
  if (asked !== undefined) return asked;
  const age = `${Math.round(ageMs / 1000)} s old`;
  return { what: `heartbeat has stopped: the last one is ${age}`, action: howToStart };
}

/** Somebody stopped it: then that, and not what no longer runs, is the word. */
function findAskedStop({ stopped_at }: Heartbeat): { what: string; action: string } | undefined {
  if (stopped_at === null) return undefined;
  const action = 'start --mode orchestrate when it is to go on';
  return { what: `stopped as asked at ${stopped_at}`, action };
}

function summarize({ collector, raw_files, parquet_rows }: Heartbeat): string {
  const symbols = collector?.symbols.length ?? 0;
  return `${symbols} symbols, ${raw_files} raw parts, ${parquet_rows} bars`;
}
