// The live tail as far as this program has need of it: opened with the first answer that reads it, closed with the lake.
// A lake that may only be read has none: what is live is refused there, and gaps are told as far as they are known.

import type { Config } from '../lake/config.ts';
import { mayWrite } from '../lake/durable.ts';
import { OperationalError } from '../lake/errors.ts';
import { type Instrument, liveDir } from '../lake/layout.ts';
import { silentLog } from '../lake/log.ts';
import { type LiveTail, openLiveTail } from '../transformer/live/live-tail.ts';

export type Refresh = {
  /** Before a statement is run: what it reads of what is live is brought up to date. */
  bringFor(sql: string): Promise<void>;
  /** Brings the tail of the instruments, or of all, up to date. */
  bring(instruments?: readonly Instrument[]): Promise<void>;
  close(): Promise<void>;
};

/** `mayRefresh`: whether the tail may be written. */
export function openRefresh(
  config: Config,
  mayRefresh = () => mayWrite(liveDir(config.root)),
): Refresh {
  let tail: Promise<LiveTail> | undefined;
  async function bring(instruments?: readonly Instrument[]): Promise<void> {
    if (!(await mayRefresh())) {
      throw new OperationalError(`refresh live ${config.root}: the lake may only be read`, {
        hint: 'ask for bars_1s and trades, which end with the last transform, or open the lake where it may be written',
      });
    }
    tail ??= openLiveTail(config, silentLog).catch((thrown) => {
      // The next one may open it: a full disk may have room again.
      tail = undefined;
      throw thrown;
    });
    await (await tail).refresh(instruments);
  }
  return {
    bring,
    async bringFor(sql) {
      if (/_(live|tail)(_|\b)/i.test(sql)) return bring();
      if (/\bgaps\b/i.test(sql) && (await mayRefresh())) return bring();
    },
    close: async () => (await tail?.catch(() => undefined))?.close(),
  };
}
