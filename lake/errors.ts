// The three kinds of failure. Configuration errors list every problem and end the program with 78;
// usage errors end it with 2; operational errors say what was tried, on what, why it failed and what
// an operator can do. Anything else that is thrown is a bug and crashes the process.

/** The configuration is wrong. `problems` holds one line per problem, path first. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`read configuration: ${problems.length} problem(s)\n  ${problems.join('\n  ')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** The command line is wrong. */
export class UsageError extends Error {
  constructor(message: string) {
    super(`${message}\n  see --help`);
    this.name = 'UsageError';
  }
}

export type OperationalDetails = {
  /** What an operator can do about it. */
  hint?: string;
  /** Whether trying the same again may succeed. */
  retryable?: boolean;
  cause?: unknown;
};

/** Something outside the program failed: `<verb> <object> <id>: <reason>`, then the hint. */
export class OperationalError extends Error {
  readonly hint: string | undefined;
  readonly retryable: boolean;

  constructor(what: string, details: OperationalDetails = {}) {
    const { hint, retryable = false, cause } = details;
    super(hint === undefined ? what : `${what}\n  ${hint}`, { cause });
    this.name = 'OperationalError';
    this.hint = hint;
    this.retryable = retryable;
  }
}

/** The reason of an unknown thrown value, one line. */
export function formatReason(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.split('\n', 1)[0] ?? '';
}

/** The code of a failed system call (`ENOENT`), or undefined. */
export function findErrorCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** Whether a system call failed, on a disk that is full or that fails: no bug. */
export function isSystemError(thrown: unknown): boolean {
  return findErrorCode(thrown) !== undefined && 'syscall' in (thrown as object);
}
