// The live tail as far as this program has need of it: opened with the first answer that reads it, closed with the lake.

import type { Config } from '../lake/config.ts';
import type { Instrument } from '../lake/layout.ts';
import { silentLog } from '../lake/log.ts';
import { type LiveTail, openLiveTail } from '../transformer/live/live-tail.ts';

export type Refresh = {
  /** Whether a statement reads what is live. */
  isNamed(sql: string): boolean;
  /** Brings the tail of the instruments, or of all, up to date. */
  bring(instruments?: readonly Instrument[]): Promise<void>;
  close(): Promise<void>;
};

export function openRefresh(config: Config): Refresh {
  let tail: Promise<LiveTail> | undefined;
  return {
    isNamed: (sql) => /_(live|tail)(_|\b)|\bgaps\b/i.test(sql),
    async bring(instruments) {
      tail ??= openLiveTail(config, silentLog).catch((thrown) => {
        // The next one may open it: a full disk may have room again.
        tail = undefined;
        throw thrown;
      });
      await (await tail).refresh(instruments);
    },
    close: async () => (await tail?.catch(() => undefined))?.close(),
  };
}
