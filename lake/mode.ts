// What every mode receives from main and gives back. A mode runs until it is done or `signal` is
// aborted, and resolves to the exit code; it never exits the process itself.

import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { ProcessLog } from './log.ts';
import type { RefusalHandler, ReloadHandler } from './reload.ts';

/** Options as given on the command line, already of the right type. */
export type ModeOptions = Readonly<Record<string, string | boolean | undefined>>;

export type ModeContext = {
  config: Config;
  /** The text of the configuration file, empty where there is none; the environment wins over it. */
  configText: string;
  options: ModeOptions;
  /** Arguments that are no options. */
  positionals: readonly string[];
  log: ProcessLog;
  clock: Clock;
  /** Aborted on SIGTERM and SIGINT. */
  signal: AbortSignal;
  /** Calls the handler with the new configuration on SIGHUP; a mode without one ignores SIGHUP. */
  onReload(handler: ReloadHandler, onRefused?: RefusalHandler): void;
};

/** 0 done or stopped as asked; 1 the job failed or the verdict is bad. */
export type ExitCode = 0 | 1;

export type RunMode = (context: ModeContext) => Promise<ExitCode>;
