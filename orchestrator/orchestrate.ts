// The mode `orchestrate`: holds the lock of the lake, remembers how its runs began and ended, and runs
// the services of the table until it is told to stop. After a cascade it ends with 1, so that whoever
// runs it starts it clean.

import { join } from 'node:path';
import { findIdleKeys } from '../lake/config-idle.ts';
import { formatReason, OperationalError } from '../lake/errors.ts';
import { takeLock } from '../lake/lock.ts';
import type { ModeContext, RunMode } from '../lake/mode.ts';
import type { PastCascade, ServiceReport } from '../tools/health/service-report.ts';
import { planStartWaitMs } from './cascade.ts';
import { planServices } from './service-table.ts';
import { openStarts, type Starts } from './starts.ts';
import { listBadEnds, readMachine, writeCascade } from './start-history.ts';
import { type SupervisionEnd, supervise } from './supervise.ts';
import { defaultLimits } from './supervision.ts';

export const runOrchestrate: RunMode = async (context) => {
  const { config, log } = context;
  for (const key of findIdleKeys(config)) log.warn(`${key} is set, but has no effect yet`);
  const lock = await takeLock(config.root, 'orchestrate');
  try {
    return await run(context);
  } finally {
    await lock.release();
  }
};
