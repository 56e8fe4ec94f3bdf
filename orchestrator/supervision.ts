// What to do when a child has ended: the decisions of supervision, without effects. A long-running
// service is never given up: the waits grow to their bound, and a person is told.

import { type BackoffLimits, planBackoffMs } from '../lake/backoff.ts';

/** How a child ended. `reason` says why where it never started. */
export type Exit = {
  code: number | null;
  signal: NodeJS.Signals | null;
  upMs: number;
  reason?: string;
};

export type SupervisionLimits = {
  restart: BackoffLimits;
  /** A child that was up for so long starts counting anew. */
  resetAfterMs: number;
  /** How long a child has to stop after SIGTERM before it is killed. */
  stopWithinMs: number;
};

export const defaultLimits: SupervisionLimits = {
  restart: { firstMs: 1000, maxMs: 60_000 },
  resetAfterMs: 5 * 60_000,
  stopWithinMs: 10_000,
};

/** The configuration is wrong: running again cannot help. */
const configurationExitCode = 78;

/** From this number of restarts in a row on it is an error: a person must act. */
const alarmAtAttempt = 3;

export type Restart = {
  afterMs: number;
  /** Restarts in a row, this one included. */
  attempt: number;
  level: 'warn' | 'error';
};

export function isConfigurationWrong(exit: Exit): boolean {
  return exit.code === configurationExitCode;
}

/** The restart of a long-running service after `attempts` restarts in a row. */
export function planRestart(
  exit: Exit,
  attempts: number,
  limits: SupervisionLimits,
  random: () => number,
): Restart {
  const attempt = exit.upMs >= limits.resetAfterMs ? 1 : attempts + 1;
  return {
    afterMs: planBackoffMs(attempt - 1, limits.restart, random),
    attempt,
    level: attempt >= alarmAtAttempt ? 'error' : 'warn',
  };
}

/** `exited with code 1 after 12 s` */
export function formatExit({ code, signal, upMs, reason }: Exit): string {
  if (reason !== undefined) return `could not be started: ${reason}`;
  const how = signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
  return `${how} after ${Math.round(upMs / 1000)} s`;
}
