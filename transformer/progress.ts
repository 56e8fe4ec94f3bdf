// A progress bar on a terminal; nothing where there is none.

export type ProgressBar = { add(bytes: number): void; finish(): void };

const width = 30;

/** Draws on `stream` as bytes of `totalBytes` are done. `nowMs` is a monotonic clock. */
export function openProgressBar(
  stream: { isTTY?: boolean; write(text: string): unknown },
  totalBytes: number,
  nowMs: () => number,
): ProgressBar {
  if (stream.isTTY !== true || totalBytes === 0) return { add() {}, finish() {} };
  const startedMs = nowMs();
  let doneBytes = 0;
  return {
    add(bytes) {
      doneBytes += bytes;
      stream.write(`\r${formatProgress(doneBytes, totalBytes, nowMs() - startedMs)}\u001b[K`);
    },
    finish: () => void stream.write('\n'),
  };
}

/** `transform [#####     ]  50 %  12.0 of 24.0 MB  eta 3 s` */
export function formatProgress(doneBytes: number, totalBytes: number, elapsedMs: number): string {
  const share = Math.min(1, doneBytes / totalBytes);
  const bar = '#'.repeat(Math.round(share * width)).padEnd(width);
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  const leftSeconds = share > 0 ? Math.ceil((elapsedMs / share - elapsedMs) / 1000) : undefined;
  const eta = leftSeconds === undefined ? '' : `  eta ${leftSeconds} s`;
  const percent = String(Math.round(share * 100)).padStart(3);
  return `transform [${bar}] ${percent} %  ${megabytes(doneBytes)} of ${megabytes(totalBytes)} MB${eta}`;
}
