// The embedded exchange as a program: listens, says where, and serves until it is told to stop.

import { UsageError } from '../../lake/errors.ts';
import type { ModeContext, ModeOptions, RunMode } from '../../lake/mode.ts';
import { majorSymbols } from './instrument.ts';
import type { ReplayOptions } from './replay.ts';
import { openSimulator, type SimulatorOptions } from './server.ts';

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
  const port = readNumber(options, 'port', 0);
  const venue = config.exchanges.binance;
  if (options.replay !== undefined) {
    return { port, clock, replay: readReplay(options, venue?.channels) };
  }
  return {
    port,
    clock,
    seed: readNumber(options, 'seed', 1),
    speed: readNumber(options, 'speed', 1),
    rate: readNumber(options, 'rate', 1),
    symbols: venue?.symbols ?? majorSymbols,
  };
}

function readReplay(options: ModeOptions, channels: readonly string[] | undefined): ReplayOptions {
  const files = String(options.replay)
    .split(',')
    .filter((file) => file !== '');
  const speed = options.speed === 'max' ? 'max' : readNumber(options, 'speed', 1);
  const retime = options.retime === true;
  return channels === undefined
    ? { files, speed, retime }
    : { files, speed, retime, awaitChannels: channels };
}

function readNumber(options: ModeOptions, name: string, standard: number): number {
  const given = options[name];
  if (given === undefined) return standard;
  const number = Number(given);
  if (typeof given === 'string' && given !== '' && Number.isFinite(number) && number >= 0) {
    return number;
  }
  throw new UsageError(`parse command line: --${name} must be a number, got "${given}"`);
}
