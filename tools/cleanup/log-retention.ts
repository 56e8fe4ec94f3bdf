// Which log files go. Holds no effects.

export type LogFile = { name: string; bytes: number; changedMs: number };

export type LogRules = { retentionDays: number; maxBytes: number; nowMs: number };

const msPerDay = 86_400_000;

/** The files to delete, oldest first. One that still has the name of a live log is never among them. */
export function planLogs(files: readonly LogFile[], rules: LogRules): LogFile[] {
  const aside = files
    .filter(({ name }) => /\.log\../.test(name))
    .toSorted((a, b) => a.changedMs - b.changedMs);
  const beforeMs = rules.nowMs - rules.retentionDays * msPerDay;
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return aside.filter((file) => {
    const goes = file.changedMs < beforeMs || bytes > rules.maxBytes;
    if (goes) bytes -= file.bytes;
    return goes;
  });
}
