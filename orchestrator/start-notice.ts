// What a person who starts the orchestrator on a terminal is told: what runs, and where to look. Holds no
// effects.

import { join } from 'node:path';
import type { Config } from '../lake/config.ts';
import { healthPagePath, logDir } from '../lake/layout.ts';
import type { Schedule } from './schedule.ts';
import type { Service } from './service-table.ts';

export function formatStart(config: Config, services: readonly Service[]): string {
  const { root, web } = config;
  const symbols = Object.entries(config.exchanges).map(
    ([name, venue]) => `${venue.symbols.length} symbols of ${name}`,
  );
  return [
    `recording ${symbols.join(', ')} into ${root}; Ctrl-C seals everything and ends`,
    `  runs     ${services.map(formatService).join(', ')}`,
    ...(web.enabled && web.port > 0 ? [`  page     http://${web.host}:${web.port}`] : []),
    `  health   --mode health, ${healthPagePath(root)}`,
    '  SQL      --mode query "SELECT * FROM bars_1m ORDER BY window_start DESC LIMIT 10"',
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
