// Options of the command line as the modes read them. Holds no effects.

import { type Day, isDay } from './day.ts';
import { UsageError } from './errors.ts';
import type { ModeOptions } from './mode.ts';

/** The text of an option, undefined where it is not given. */
export function readText(options: ModeOptions, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** The UTC day of an option, undefined where it is not given. Throws UsageError where it is none. */
export function readDay(options: ModeOptions, name: string): Day | undefined {
  const text = readText(options, name);
  if (text === undefined || isDay(text)) return text;
  throw new UsageError(`parse --${name}: "${text}" is no UTC day, write YYYY-MM-DD`);
}
