// Mode `transform`: every sealed part that is not transformed yet becomes partitions, then the run says
// how it went in `state/status/transform.json`.

import { isDay } from '../lake/day.ts';
import { UsageError } from '../lake/errors.ts';
import type { ModeContext, RunMode } from '../lake/mode.ts';
import { writeStatus } from '../lake/status.ts';
import { type TransformScope, transformLake } from './transform-lake.ts';

export const runTransform: RunMode = async (context) => {
  const { config, clock, log } = context;
  const scope = parseScope(context);
  const startedUs = clock.nowUs();
  const totals = await transformLake(context, scope);
  const error = totals.failures[0] ?? null;
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
  log.info('transform done', { ...totals, milliseconds: (clock.nowUs() - startedUs) / 1000 });
  return error === null ? 0 : 1;
};

function parseScope({ options }: ModeContext): TransformScope {
  const text = (name: string) => (typeof options[name] === 'string' ? options[name] : undefined);
  const date = text('date');
  if (date !== undefined && !isDay(date)) {
    throw new UsageError(`parse --date: "${date}" is no UTC day, write YYYY-MM-DD`);
  }
  return {
    exchange: text('exchange'),
    symbol: text('symbol'),
    date,
    rebuild: options.rebuild === true,
  };
}

function formatTime(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString();
}
