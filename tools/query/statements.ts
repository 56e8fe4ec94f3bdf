// A person's SQL cut into its statements: at each `;` that stands in no string, name or comment. Comments before a
// statement are dropped, empty statements too. Holds no effects. What DuckDB makes of a statement is DuckDB's word.

export type Statement = {
  sql: string;
  /** Line breaks before it, so that an error can count lines from the beginning. */
  linesBefore: number;
};

/** The statements that end with `;`, and what follows the last one. */
export type SplitStatements = { ended: Statement[]; rest: Statement | undefined };

const tokens = [
  /--[^\n]*/y,
  /\/\*/y,
  /[eE]'(?:[^'\\]|\\[\s\S]|'')*'?/y,
  /'(?:[^']|'')*'?/y,
  /"(?:[^"]|"")*"?/y,
  /\$([A-Za-z_]\w*)?\$/y,
  /[A-Za-z_][\w$]*/y,
  /\s+/y,
  /[\s\S]/y,
];
const [lineComment, blockComment, , , , dollarQuote] = tokens;
const [space, other] = tokens.slice(-2);

export function splitStatements(text: string): SplitStatements {
  const ended: Statement[] = [];
  let start: number | undefined;
  let linesBefore = 0;
  const cut = (end: number): Statement[] =>
    start === undefined ? [] : [{ sql: text.slice(start, end).trimEnd(), linesBefore }];
  for (let at = 0; at < text.length; ) {
    const { kind, end } = readToken(text, at);
    if (text[at] === ';' && kind !== space) {
      ended.push(...cut(at));
      start = undefined;
    } else if (start === undefined && ![space, lineComment, blockComment].includes(kind)) {
      start = at;
      linesBefore = text.slice(0, at).split('\n').length - 1;
    }
    at = end;
  }
  return { ended, rest: cut(text.length)[0] };
}

/** All statements, the last one with or without `;`. */
export function listStatements(text: string): Statement[] {
  const { ended, rest } = splitStatements(text);
  return rest === undefined ? ended : [...ended, rest];
}

function readToken(text: string, at: number): { kind: RegExp; end: number } {
  for (const kind of tokens) {
    kind.lastIndex = at;
    const match = kind.exec(text);
    if (match === null) continue;
    if (kind === blockComment) {
      const end = findCommentEnd(text, at);
      // One that is not closed is the beginning of a statement: it goes on, or DuckDB says what is wrong.
      return end === undefined ? { kind: other!, end: text.length } : { kind, end };
    }
    if (kind !== dollarQuote) return { kind, end: kind.lastIndex };
    const close = text.indexOf(match[0], kind.lastIndex);
    return { kind, end: close === -1 ? text.length : close + match[0].length };
  }
  return { kind: space!, end: at + 1 };
}

/** Block comments nest. */
function findCommentEnd(text: string, at: number): number | undefined {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = at;
  let depth = 0;
  for (let match = mark.exec(text); match !== null; match = mark.exec(text)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
  return undefined;
}
