// The metrics of a lake, made anew for each scrape from what its parts have left on disk, and kept for a
// second: who asks more often gets the same again.

import type { Clock } from '../../lake/clock.ts';
import type { Config } from '../../lake/config.ts';
import type { Log } from '../../lake/log.ts';
import { contentType, formatFamilies } from './exposition.ts';
import { listFamilies } from './families.ts';
import { openInputs } from './read-inputs.ts';

export type Metrics = { contentType: string; read(): Promise<string> };

const keptMs = 1000;

export function openMetrics(config: Config, clock: Clock, log: Log): Metrics {
  const readInputs = openInputs(config, clock, log);
  let kept: Promise<string> | undefined;
  let keptSinceMs = 0;
  return {
    contentType,
    read() {
      const nowMs = clock.monotonicMs();
      if (kept === undefined || nowMs - keptSinceMs >= keptMs) {
        keptSinceMs = nowMs;
        kept = readInputs().then((inputs) => formatFamilies(listFamilies(inputs)));
      }
      return kept;
    },
  };
}
