// Mode `transform`: every sealed part that is not transformed yet becomes partitions, then the run says
// how it went, in a line for whoever waits for it and in `state/status/transform.json`.

import type { ExitCode, ModeContext, RunMode } from '../lake/mode.ts';
import { readDay, readText } from '../lake/mode-options.ts';
import { writeStatus } from '../lake/status.ts';
import { type RenewCatalog, renewCatalog } from './renew-catalog.ts';
import { type TransformScope, type TransformTotals, transformLake } from './transform-lake.ts';

export const runTransform: RunMode = (context) => transformAndReport(context, renewCatalog);

/** The mode, with how it renews the catalog. */
export async function transformAndReport(
  context: ModeContext,
  renew: RenewCatalog,
): Promise<ExitCode> {
  const { config, clock, log } = context;
  const scope = parseScope(context);
  const startedUs = clock.nowUs();
  const totals = await transformLake(context, scope, renew);
  const error = totals.failures[0] ?? totals.waiting[0] ?? null;
  await writeStatus(config.root, 'transform', {
    updated_at: formatTime(clock.nowUs()),
    last_run: {
      started_at: formatTime(startedUs),
      finished_at: formatTime(clock.nowUs()),
      ok: error === null,
      parts: totals.parts,
      messages: totals.frames,
      lines_quarantined: totals.linesQuarantined,
      error,
    },
  });
  const milliseconds = (clock.nowUs() - startedUs) / 1000;
  log.info('transform done', { ...totals, milliseconds });
  process.stdout.write(formatTotals(totals, milliseconds));
  return error === null ? 0 : 1;
}

function parseScope({ options }: ModeContext): TransformScope {
  return {
    exchange: readText(options, 'exchange'),
    symbol: readText(options, 'symbol'),
    date: readDay(options, 'date'),
    rebuild: options.rebuild === true,
  };
}

function formatTotals(totals: TransformTotals, milliseconds: number): string {
  const { parts, frames, days, failures, waiting } = totals;
  const seconds = (milliseconds / 1000).toFixed(1);
  const bad = failures.length + waiting.length;
  return (
    `transform: ${parts} parts with ${frames} messages read, ${days} days of a symbol written, ` +
    `in ${seconds} s${bad > 0 ? `; ${bad} failures, see above` : ''}\n`
  );
}

function formatTime(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString();
}
