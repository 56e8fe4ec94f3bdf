// The mode `collect`: records the configured streams until it is told to stop.

import { once } from 'node:events';
import type { RunMode } from '../lake/mode.ts';
import { openCollector } from './collector.ts';

export const runCollect: RunMode = async (context) => {
  const { config, log, clock, signal } = context;
  const collector = await openCollector({ config, log, clock, random: Math.random });
  context.onReload((next) => collector.reload(next), collector.refuse);
  log.info('collect: started', { root: config.root });
  if (!signal.aborted) await once(signal, 'abort');
  await collector.stop();
  log.info('collect: stopped, every part is sealed');
  return 0;
};
