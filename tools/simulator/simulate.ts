// The embedded exchange as a program: listens, says where, and serves until it is told to stop.

import { addDays, formatDay, startOfDayUs } from '../../lake/day.ts';
import { UsageError } from '../../lake/errors.ts';
import type { ModeContext, ModeOptions, RunMode } from '../../lake/mode.ts';
import { majorSymbols } from './instrument.ts';
import type { ReplayOptions } from './replay.ts';
import { openSimulator, type SimulatorOptions } from './server.ts';

const maxHistoryDays = 365;

export const runSimulate: RunMode = async (context) => {
  const simulator = await openSimulator(readOptions(context));
  process.stdout.write(`listening: ${simulator.wsUrl} ${simulator.restUrl}\n`);
  const stopped = new Promise<void>((resolve) => {
    if (context.signal.aborted) resolve();
    else context.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  // A finished replay goes on answering; one that cannot read its files ends the program.
  const failed = new Promise<never>((_, reject) => {
    simulator.replay?.finished.then(
      ({ frames }) => process.stdout.write(`replayed: ${frames} frames\n`),
      reject,
    );
  });
  await Promise.race([stopped, failed]);
  await simulator.close();
  return 0;
};

function readOptions({ options, config, clock }: ModeContext): SimulatorOptions {
  const port = readPort(options);
  const venue = config.exchanges.binance;
  if (options.replay !== undefined) {
    return { port, clock, replay: readReplay(options, venue?.channels) };
  }
  return {
    port,
    clock,
    seed: readNumber(options, 'seed'),
    speed: readNumber(options, 'speed'),
    rate: readNumber(options, 'rate'),
    symbols: venue?.symbols ?? majorSymbols,
    tradedSinceUs: readHistory(options, clock.nowUs()),
  };
}

/** Since when there are trades: the begin of the running day, or of a day before it. */
function readHistory({ history = '2' }: ModeOptions, nowUs: number): number {
  const days = Number(history);
  if (Number.isInteger(days) && days >= 0 && days <= maxHistoryDays) {
    return startOfDayUs(addDays(formatDay(nowUs), -days));
  }
  throw new UsageError(
    `parse command line: --history must be 0 to ${maxHistoryDays} days, got "${history}"`,
  );
}

function readReplay(options: ModeOptions, channels: readonly string[] | undefined): ReplayOptions {
  const files = String(options.replay)
    .split(',')
    .filter((file) => file !== '');
  const speed = options.speed === 'max' ? 'max' : readNumber(options, 'speed');
  const retime = options.retime === true;
  return channels === undefined
    ? { files, speed, retime }
    : { files, speed, retime, awaitChannels: channels };
}

function readPort({ port = '0' }: ModeOptions): number {
  const number = Number(port);
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number;
  throw new UsageError(`parse command line: --port must be 0 to 65535, got "${port}"`);
}

/** A positive number; 1 where it is not given. */
function readNumber(options: ModeOptions, name: string): number {
  const number = Number(options[name] ?? 1);
  if (Number.isFinite(number) && number > 0) return number;
  throw new UsageError(
    `parse command line: --${name} must be a number above 0, got "${options[name]}"`,
  );
}
