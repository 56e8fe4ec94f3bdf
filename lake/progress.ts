// A progress bar on a terminal; nothing where there is none.

export type ProgressBar = {
  /** So much more is done, in the unit of the total. */
  add(done: number): void;
  finish(): void;
};

/** What is being done, and how its amounts are written. */
export type ProgressKind = {
  verb: string;
  /** `6.0 of 24.0 MB` */
  formatAmounts: (done: number, total: number) => string;
};

export const transformProgress: ProgressKind = {
  verb: 'transform',
  formatAmounts: (done, total) => `${(done / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`,
};

const width = 30;

/** Draws on `stream` as `total` is done bit by bit. `nowMs` is a monotonic clock. */
export function openProgressBar(
  stream: { isTTY?: boolean; write(text: string): unknown },
  total: number,
  nowMs: () => number,
  kind: ProgressKind = transformProgress,
): ProgressBar {
  if (stream.isTTY !== true || total === 0) return { add() {}, finish() {} };
  const startedMs = nowMs();
  let sum = 0;
  return {
    add(done) {
      sum += done;
      stream.write(`\r${formatProgress(sum, total, nowMs() - startedMs, kind)}\u001b[K`);
    },
    finish: () => void stream.write('\n'),
  };
}

/** `transform [#####     ]  50 %  12.0 of 24.0 MB  eta 3 s` */
export function formatProgress(
  done: number,
  total: number,
  elapsedMs: number,
  { verb, formatAmounts }: ProgressKind = transformProgress,
): string {
  const share = Math.min(1, done / total);
  const bar = '#'.repeat(Math.round(share * width)).padEnd(width);
  const leftSeconds = share > 0 ? Math.ceil((elapsedMs / share - elapsedMs) / 1000) : undefined;
  const eta = leftSeconds === undefined ? '' : `  eta ${leftSeconds} s`;
  const percent = String(Math.round(share * 100)).padStart(3);
  return `${verb} [${bar}] ${percent} %  ${formatAmounts(done, total)}${eta}`;
}
