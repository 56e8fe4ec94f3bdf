// One line of the check's table.

export type CheckLevel = 'ok' | 'warn' | 'fail';
export type CheckFinding = { level: CheckLevel; name: string; detail: string };

/** The lines as a table, `ok    root    /data is writable`. */
export function formatFindings(findings: readonly CheckFinding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  return findings
    .map(({ level, name, detail }) => `${level.padEnd(4)}  ${name.padEnd(width)}  ${detail}\n`)
    .join('');
}
