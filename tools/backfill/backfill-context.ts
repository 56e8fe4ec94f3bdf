// What a backfill needs of its mode. Holds no effects.

import type { Log } from '../../lake/log.ts';
import type { ModeContext } from '../../lake/mode.ts';

export type BackfillContext = Pick<ModeContext, 'config' | 'clock' | 'signal'> & { log: Log };
