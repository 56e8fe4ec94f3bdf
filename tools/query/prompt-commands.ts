// The commands of the prompt that are no SQL: a point and a word. Holds no effects.

export const commandHelp = [
  ['.help', 'this list'],
  ['.views', 'the views and macros of the lake'],
  ['.schema NAME', 'the columns of a view, or what a macro takes'],
  ['.mode FORMAT', 'how answers are shown: table, csv, json, ndjson'],
  [
    '.out FILE',
    'the next answer goes into FILE (.csv, .json, .ndjson, .parquet), not to the screen',
  ],
  ['.timing on|off', 'how long each answer took'],
  ['.quit', 'the end; so do Ctrl-D, and Ctrl-C on an empty line'],
] as const;

export const commandNames = commandHelp.map(([usage]) => usage.split(' ')[0]!);

/** A line that is a command; `quit` and `exit` are, as in other prompts. */
export function parseCommand(line: string): { name: string; argument: string } | undefined {
  const trimmed = line.trim().replace(/;$/, '').trimEnd();
  if (/^(\\q|exit|quit|\.exit|\.q)$/i.test(trimmed)) return { name: '.quit', argument: '' };
  const match = /^(\.\S*)(?:\s+(.*))?$/.exec(trimmed);
  return match === null ? undefined : { name: match[1]!, argument: match[2] ?? '' };
}

export function formatCommandHelp(): string {
  const rows = commandHelp.map(([usage, meaning]) => `${usage.padEnd(16)}${meaning}\n`);
  return ['A query ends with ; and may take several lines. Tab completes.\n', ...rows].join('');
}
