// What a person who starts the orchestrator on a terminal is told: what runs, and where to look. Holds no
// effects.

import { join } from 'node:path';
import type { Config } from '../lake/config.ts';
import { healthPagePath, logDir } from '../lake/layout.ts';
import type { Schedule } from './schedule.ts';
import type { Service } from './service-table.ts';

/** `given`: what the orchestrator was started with, which whoever asks the same lake has to say, too. */
export function formatStart(
  config: Config,
  services: readonly Service[],
  given: { config?: string | undefined; root?: string | undefined },
): string {
  const { root, web } = config;
  const more = Object.entries(given)
    .map(([name, value]) => (value === undefined ? '' : ` --${name} ${value}`))
    .join('');
  const symbols = Object.entries(config.exchanges).map(
    ([name, venue]) => `${venue.symbols.length} symbols of ${name}`,
  );
  return [
    `recording ${symbols.join(', ')} into ${root}; Ctrl-C seals everything and ends`,
    `  runs     ${services.map(formatService).join(', ')}`,
    ...(web.enabled && web.port > 0 ? [`  page     http://${web.host}:${web.port}`] : []),
    `  health   --mode health${more}, ${healthPagePath(root)}`,
    `  SQL      --mode query${more} "SELECT * FROM bars_1m ORDER BY window_start DESC LIMIT 10"`,
    `  log      ${join(logDir(root), 'crypto-lake.log')}`,
    '',
  ].join('\n');
}

/** `transform (every 60 min)` */
function formatService({ name, runs }: Service): string {
  if (runs === 'always') return name;
  const times = [
    ...runs.schedules.map(formatSchedule),
    ...(runs.after === undefined ? [] : [`after ${runs.after}`]),
  ];
  return `${name} (${times.join(', ')})`;
}

function formatSchedule(schedule: Schedule): string {
  if ('cron' in schedule) return `at ${schedule.cron} UTC`;
  return `every ${Number((schedule.everyMs / 60_000).toFixed(2))} min`;
}
