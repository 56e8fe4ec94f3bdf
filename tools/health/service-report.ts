// What a supervisor says of its services, for the heartbeat.

export type ServiceReport = {
  name: string;
  /** Has to run all the time; others run at times. */
  isLongRunning: boolean;
  /** The lake is whole without it. */
  isAside?: boolean;
  /** `waiting`: ended, to be restarted; `idle`: between two runs; `stopped`: for good. */
  state: 'running' | 'waiting' | 'idle' | 'stopped';
  /** Of the process that runs now. */
  pid: number | null;
  /** ms since the epoch, of the present run or the last one. */
  startedAtMs: number | null;
  /** Since the supervisor started. */
  restarts: number;
  restartsLastHour: number;
  /** Of the last run that has ended by itself. */
  lastExit: { isGood: boolean; what: string; atMs: number } | null;
  /** The last lines by which it told of errors. */
  lastErrors: readonly string[];
  /** Time between two runs where that is fixed, and since when it has been so. */
  interval: { ms: number; sinceMs: number } | null;
};

/** A cascade of failures, after which everything was stopped. */
export type PastCascade = {
  why: string;
  /** Since the epoch. */
  atMs: number;
  /** Nothing has been started since. */
  isNow: boolean;
};
