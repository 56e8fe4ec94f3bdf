// The verdict on a heartbeat: is it there, is it fresh, and does it call the lake healthy? Holds no
// effects.

import { type DiskSpace, isDiskFull } from '../../lake/disk-space.ts';
import type { Heartbeat } from './heartbeat.ts';

export type Verdict = { isGood: boolean; text: string };
/** Why there is no heartbeat, and what to do. */
type Stop = { what: string; action: string };

/** What can be seen without a heartbeat: who holds the orchestrator's lock, and the disk. */
export type Surroundings = { orchestrator: string | undefined; disk: DiskSpace | undefined };

/** A heartbeat older than this many intervals has stopped. */
const maxIntervals = 3;

const howToStart = 'start --mode orchestrate, or look why it ended in logs/qa/crypto-lake.log';

/** One line: what is the case and, where that is bad, what to do. */
export function judgeHeartbeat(
  heartbeat: Heartbeat | undefined,
  nowMs: number,
  intervalMs: number,
  around?: Surroundings,
): Verdict {
  const asked = heartbeat && findAskedStop(heartbeat);
  const stop = asked ?? findStop(heartbeat, nowMs, intervalMs, around);
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
  around?: Surroundings,
): Stop | undefined {
  if (heartbeat === undefined) {
    const what = 'no heartbeat: nothing has written one yet';
    return explain(what, around) ?? { what, action: howToStart };
  }
  const ageMs = nowMs - Date.parse(heartbeat.timestamp);
  // One from the future tells as little as an old one: the clock has been set back since.
  if (Math.abs(ageMs) <= maxIntervals * intervalMs) return undefined;
  const asked = findAskedStop(heartbeat);
  if (asked !== undefined) return asked;
  const what = `heartbeat has stopped: the last one is ${Math.round(ageMs / 1000)} s old`;
  return explain(what, around) ?? { what, action: howToStart };
}

/** Why there is none though the orchestrator runs, or could not; undefined where nothing explains it. */
function explain(what: string, around: Surroundings | undefined): Stop | undefined {
  if (around === undefined) return undefined;
  const { orchestrator, disk } = around;
  const runs = orchestrator === undefined ? '' : `, though the orchestrator runs (${orchestrator})`;
  if (disk !== undefined && isDiskFull(disk)) {
    const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
    const room = `${megabytes(disk.freeBytes)} of ${megabytes(disk.bytes)} are free`;
    const start = orchestrator === undefined ? ', then start --mode orchestrate' : '';
    const action = `free space on it or enlarge it${start}; nothing can be recorded meanwhile`;
    return { what: `${what}${runs}: the disk is full: ${room}`, action };
  }
  if (orchestrator === undefined) return undefined;
  const action = 'see logs/qa/crypto-lake.log; restart it if the next heartbeat does not come';
  return { what: `${what}${runs}`, action };
}

/** Somebody stopped it: then that, and not what no longer runs, is the word. */
function findAskedStop({ stopped_at }: Heartbeat): Stop | undefined {
  if (stopped_at === null) return undefined;
  const action = 'start --mode orchestrate when it is to go on';
  return { what: `stopped as asked at ${stopped_at}`, action };
}

function summarize({ collector, raw_files, parquet_rows }: Heartbeat): string {
  const symbols = collector?.symbols.length ?? 0;
  return `${symbols} symbols, ${raw_files} raw parts, ${parquet_rows} bars`;
}
