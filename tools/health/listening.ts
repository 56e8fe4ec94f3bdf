// Whether the collector of a lake is subscribed to every stream, for whoever starts one and goes on when it
// hears everything: an upgrade that overlaps two of them. It needs no orchestrator. Only a status that was
// written after the question counts, so that what an earlier collector left says nothing.

import { setTimeout as sleep } from 'node:timers/promises';
import { OperationalError, UsageError } from '../../lake/errors.ts';
import { findLockHolder } from '../../lake/lock.ts';
import type { ExitCode, ModeContext } from '../../lake/mode.ts';
import { readText } from '../../lake/mode-options.ts';
import { type CollectStatus, collectStatusSchema, readStatus } from '../../lake/status.ts';

/** The collector writes its status every 10 s, and at once when it hears everything. */
const defaultWithinSeconds = 15;
const maxWithinSeconds = 3600;
const lookEveryMs = 200;

/** Waits until it is listening. Throws OperationalError where it is not in time. */
export async function runListening(context: ModeContext): Promise<ExitCode> {
  const { config, clock, options, signal } = context;
  const withinMs = parseWithin(readText(options, 'within')) * 1000;
  const [askedUs, askedMs] = [clock.nowUs(), clock.monotonicMs()];
  for (;;) {
    const status = await readStatus(config.root, 'collect', collectStatusSchema);
    const isRunning = (await findLockHolder(config.root, 'collect')) !== undefined;
    const trouble = findTrouble(isRunning ? status : undefined, askedUs);
    if (trouble === undefined) {
      const streams = status!.symbols.length;
      process.stdout.write(`listening: ${streams} symbols of ${config.root}\n`);
      return 0;
    }
    if (clock.monotonicMs() - askedMs >= withinMs || signal.aborted) {
      throw new OperationalError(`await collector of ${config.root}: ${trouble}`, {
        hint: 'see logs/qa/crypto-lake.log there, and --mode check; --within waits longer',
        retryable: true,
      });
    }
    await sleep(lookEveryMs);
  }
}

function parseWithin(text: string | undefined): number {
  const seconds = text === undefined ? defaultWithinSeconds : Number(text);
  if (seconds >= 0 && seconds <= maxWithinSeconds) return seconds;
  throw new UsageError(
    `parse --within: "${text}" is not a number of seconds up to ${maxWithinSeconds}`,
  );
}

/** What keeps it from listening; undefined where nothing does. */
export function findTrouble(
  status: CollectStatus | undefined,
  askedUs: number,
): string | undefined {
  if (status === undefined) return 'no collector is running';
  if (Date.parse(status.updated_at) * 1000 < askedUs) return 'it has not said anything since';
  if (status.listening === true) return undefined;
  const states = status.connections.map(({ conn, state }) => `${conn} is ${state}`);
  return `not every stream is subscribed: ${states.join(', ') || 'no connection yet'}`;
}
